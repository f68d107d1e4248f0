"""`python -m volt_console`."""

from volt_console.app import main
from volt_console.settings import ConsoleSettings
from volt_runtime.run import run
from volt_runtime.settings import settings_of

if __name__ == "__main__":
    run("console", settings_of(ConsoleSettings), main)
