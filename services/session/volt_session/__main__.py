"""`python -m volt_session`: runs the session service."""

from volt_runtime.run import run
from volt_runtime.settings import settings_of
from volt_session.app import main
from volt_session.settings import SessionSettings

if __name__ == "__main__":
    run("session", settings_of(SessionSettings), main)
