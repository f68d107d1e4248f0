"""The secrets of one local stack: generated the first time, kept in `secrets.json`, never printed."""

import json
import secrets
from dataclasses import asdict, dataclass

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.files import write_atomically
from volt_devstack.home import Home


@dataclass(frozen=True)
class Credentials:
    """`token_secret` keys the token references (VOLT_TOKEN_SECRET) and must never change for one log."""

    token_secret: str
    postgres_password: str


def credentials(home: Home) -> Credentials:
    """Read the secrets of this home, or make them. Raises StackError when the file is there but not readable."""
    with disk_errors(home.folder):
        if not home.secrets.exists():
            made = Credentials(secrets.token_hex(32), secrets.token_urlsafe(24))
            write_atomically(home.secrets, json.dumps(asdict(made), indent=2))
    try:
        return Credentials(**json.loads(home.secrets.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise StackError(
            f"{home.secrets} cannot be read; put it back from a copy, or delete {home.folder} with all its data.",
            ExitCode.BAD_CONFIGURATION,
        ) from error
