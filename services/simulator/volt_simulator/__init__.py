"""Fleets of simulated chargers and cars."""
