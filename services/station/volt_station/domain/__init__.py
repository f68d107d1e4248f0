"""What a charger's twin knows and decides: pure functions over its state, free of any OCPP version."""
