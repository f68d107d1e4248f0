"""`python -m volt_gateway`."""

from volt_gateway.app import main
from volt_gateway.settings import GatewaySettings
from volt_runtime.run import run
from volt_runtime.settings import settings_of

if __name__ == "__main__":
    run("gateway", settings_of(GatewaySettings), main)
