"""The charger's twin: frames to neutral facts, neutral commands to OCPP."""
