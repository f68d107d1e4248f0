"""Drivers' tokens and personal data."""
