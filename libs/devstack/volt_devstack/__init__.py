"""The local stack: Kafka, Postgres and the services as supervised processes."""
