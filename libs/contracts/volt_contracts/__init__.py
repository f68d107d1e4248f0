"""The published language of Voltlog: envelope, topics, and one module of events and commands per owner."""
