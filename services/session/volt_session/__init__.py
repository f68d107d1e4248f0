"""The charging visit from plug to unplug, and authorization."""
