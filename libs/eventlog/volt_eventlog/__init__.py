"""Decider, View, Table, Ask and replay over Kafka; the only importer of aiokafka."""
