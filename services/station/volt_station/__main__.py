"""`python -m volt_station`."""

from volt_runtime.run import run
from volt_runtime.settings import settings_of
from volt_station.app import main
from volt_station.settings import StationSettings

if __name__ == "__main__":
    run("station", settings_of(StationSettings), main)
