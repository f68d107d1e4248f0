"""`python -m volt_network`: runs the network service."""

from volt_network.app import main
from volt_network.settings import NetworkSettings
from volt_runtime.run import run
from volt_runtime.settings import settings_of

if __name__ == "__main__":
    run("network", settings_of(NetworkSettings), main)
