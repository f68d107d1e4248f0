"""OCPP 2.0.1 and 2.1: one file for each action that is read, one for each command that is written."""
