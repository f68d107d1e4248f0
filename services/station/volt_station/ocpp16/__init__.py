"""OCPP 1.6: one file for each action that is read, one for each command that is written."""
