"""The voltlog command."""
