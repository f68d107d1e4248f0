"""The operator's web console and public API."""
