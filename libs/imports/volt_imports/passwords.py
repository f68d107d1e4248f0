"""Chosen passwords become argon2id: some 20 ms each, so a few at a time, beside each other."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from volt_contracts.credentials import is_password, of_password
from volt_contracts.network import Credential
from volt_imports.rows import Progress

POOL = 4
"""Threads at most: each takes 19 MiB while it works."""


class Chosen(NamedTuple):
    """A station's password, and what is kept of the one that it has."""

    identity: str
    password: str
    known: Credential | None


def credentials_of(chosen: Iterable[Chosen], *, new: bool, progress: Progress) -> dict[str, Credential | None]:
    """Identity → the credential to send; None where the station has this password already.

    `new` false: nothing will be sent, so that changed ones need only be known to be changed.
    """
    waiting = list(chosen)
    found: dict[str, Credential | None] = {}
    if not waiting:
        return found
    with ThreadPoolExecutor(min(POOL, os.cpu_count() or 1), "passwords") as pool:
        for done, (one, credential) in enumerate(pool.map(lambda one: (one, _credential(one, new)), waiting), 1):
            found[one.identity] = credential
            progress("hashing passwords", done, len(waiting))
    return found


def _credential(chosen: Chosen, new: bool) -> Credential | None:
    password = chosen.password.encode()
    if chosen.known is not None and chosen.known.kind == "argon2id" and is_password(chosen.known, password):
        return None
    return of_password(password) if new else Credential(kind="argon2id", hash="")
