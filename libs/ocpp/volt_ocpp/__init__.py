"""OCPP frames, versions, compiled schemas and actions."""
