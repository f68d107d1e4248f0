"""Broker and Postgres fixtures, given/when/then, clocks, golden files."""
