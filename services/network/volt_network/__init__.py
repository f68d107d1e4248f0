"""Tenants, locations, stations and credentials."""
