"""`python -m volt_drivers`: runs the drivers service."""

from volt_drivers.app import main
from volt_drivers.settings import DriversSettings
from volt_runtime.run import run
from volt_runtime.settings import settings_of

if __name__ == "__main__":
    run("drivers", settings_of(DriversSettings), main)
