"""Drivers' accounts, tokens and personal data."""
