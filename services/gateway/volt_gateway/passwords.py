"""Basic-auth passwords of stations, compared in constant time (OCPP 1.6 security whitepaper §2, 2.0.1 part 2, A00)."""

import base64
import binascii
import hmac
import os
import sys
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Literal

from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, verify_secret

from volt_contracts.network import Credential
from volt_contracts.refs import station_key_hash
from volt_gateway.limits import TokenBuckets
from volt_gateway.meters import Meters
from volt_gateway.settings import GatewaySettings

MOST_CHECKS = 64
"""Slow checks that may wait; who comes while there are more, comes again."""

VERDICTS_KEPT = 20_000
CHECKS_NICE = 10
"""A tenth of the weight that the event loop has where both want the same core."""


Fault = Literal["wrong_password", "password_unchecked", "too_many_passwords"]
"""Why a password does not let in: `password_unchecked` says that its verdict will be there at the next attempt."""


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """What a station presented. `password` is None when the user is not its identity."""

    password: bytes | None


def read_basic_auth(header: str | None, identity: str) -> BasicAuth | None:
    """The `Authorization` header of an upgrade; None when there is none of this kind. Never raises.

    An identity may hold a colon, which basic auth forbids in a user name: so the header must begin with the identity.
    """
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return BasicAuth(None)
    user = identity.encode() + b":"
    return BasicAuth(decoded[len(user) :] if decoded.startswith(user) else None)


class Passwords:
    """Checks passwords. Generated keys are compared by their HMAC; chosen ones are argon2, in a thread of their own.

    A slow check is not waited for: its verdict is there when the station connects again.
    """

    def __init__(self, settings: GatewaySettings, meters: Meters) -> None:
        self._secret = settings.token_secret.get_secret_value()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="argon2", initializer=_step_back)
        self._verdicts: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._checking: dict[tuple[str, str], Future[bool]] = {}
        self._guesses = TokenBuckets(settings.passwords_per_s, settings.passwords_burst)
        self._too_many = meters.limited("passwords")

    def check(self, tenant: str, presented: BasicAuth, credential: Credential, address: str) -> Fault | None:
        """None: it is right. `address`: whose attempts are counted, so that nobody can lock out somebody else."""
        if presented.password is None:
            return "wrong_password"
        digest = station_key_hash(self._secret, credential.keyed_for or tenant, presented.password)
        if credential.kind == "hmac-sha256":
            return None if hmac.compare_digest(digest.encode(), credential.hash.encode()) else "wrong_password"
        question = (digest, credential.hash)
        verdict = self._known(question)
        if verdict is None:
            return self._ask(question, presented.password, address)
        return None if verdict else "wrong_password"

    def close(self) -> None:
        """Drop what still waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _known(self, question: tuple[str, str]) -> bool | None:
        if question not in self._verdicts:
            self._collect()
        verdict = self._verdicts.get(question)
        if verdict is not None:
            self._verdicts.move_to_end(question)
        return verdict

    def _ask(self, question: tuple[str, str], password: bytes, address: str) -> Fault:
        encoded = question[1]
        if question in self._checking or len(self._checking) >= MOST_CHECKS:
            return "password_unchecked"
        if not self._guesses.take((encoded, address), monotonic()):
            self._too_many.add()
            return "too_many_passwords"
        self._checking[question] = self._pool.submit(partial(verify_argon2, password, encoded))
        return "password_unchecked"

    def _collect(self) -> None:
        """Keep the verdicts that are there by now, also of stations that did not come again."""
        for question in [question for question, checking in self._checking.items() if checking.done()]:
            self._verdicts[question] = self._checking.pop(question).result()
            if len(self._verdicts) > VERDICTS_KEPT:
                self._verdicts.popitem(last=False)


def _step_back() -> None:
    """The checks of a flood of passwords keep a core busy: the thread takes what the loops and the broker leave.

    Linux has a priority for each thread; elsewhere there is one for the whole process only, which stays as it is.
    """
    if sys.platform == "linux":
        this = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, this, os.getpriority(os.PRIO_PROCESS, this) + CHECKS_NICE)


def verify_argon2(password: bytes, encoded: str) -> bool:
    """Whether the password is the one behind an encoded argon2id string; takes tens of milliseconds."""
    try:
        return verify_secret(encoded.encode(), password, Type.ID)
    except (VerificationError, InvalidHashError):
        return False
