"""What browsers keep for the console: a signed session, and while somebody signs in a signed state. Several processes
with the same secret know each other's; nothing in them has to be kept from the browser that holds them.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal

import jwt

from volt_console.access.errors import BadToken
from volt_console.access.principal import Principal
from volt_console.access.rights import known_roles
from volt_contracts.message import Actor
from volt_contracts.refs import hkdf_sha256

Purpose = Literal["session", "sign-in"]
SIGN_IN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class SignIn:
    """One attempt to come in: what is sent to the issuer, and where the browser goes afterwards."""

    state: str
    nonce: str
    verifier: str
    back_to: str

    @property
    def challenge(self) -> str:
        """The verifier as PKCE shows it first (RFC 7636 §4.2)."""
        return _text(sha256(self.verifier.encode()).digest())


class Seal:
    """Signs and checks. `browser` is a random text that only one browser has, in a cookie."""

    def __init__(self, secret: str, session_for: timedelta) -> None:
        self._key = hkdf_sha256(secret.encode(), info=b"voltlog console session")
        self._session_for = session_for

    def session(self, principal: Principal) -> str:
        """Somebody who came in, until the session's time is over."""
        return self._sealed(
            "session",
            self._session_for,
            sub=principal.actor.id,
            tenant=principal.tenant,
            roles=sorted(principal.roles),
            name=principal.name,
        )

    def known(self, session: str) -> Principal:
        """Whose session it is. Raises BadToken when it is none, or over."""
        said = self._opened("session", session)
        return Principal(
            tenant=said["tenant"],
            actor=Actor(kind="operator", id=said["sub"]),
            name=said["name"],
            roles=known_roles(said["roles"]),
            until=datetime.fromtimestamp(said["exp"], UTC),
            can_leave=True,
        )

    def sign_in(self, browser: str, back_to: str) -> SignIn:
        """A new attempt of a browser."""
        number = token_hex(16)
        state = self._sealed("sign-in", SIGN_IN_WITHIN, jti=number, back_to=back_to, browser=self._made("b", browser))
        return self._attempt(state, number, browser, back_to)

    def resumed(self, browser: str, state: str) -> SignIn:
        """The attempt that comes back. Raises BadToken when it is not this browser's, or too old."""
        said = self._opened("sign-in", state)
        if not hmac.compare_digest(said["browser"], self._made("b", browser)):
            raise BadToken("it was begun in another browser")
        return self._attempt(state, said["jti"], browser, said["back_to"])

    def _attempt(self, state: str, number: str, browser: str, back_to: str) -> SignIn:
        return SignIn(state, self._made("nonce", number), self._made("verifier", number + browser), back_to)

    def _made(self, purpose: str, of: str) -> str:
        """43 characters that only this console can tell."""
        return _text(hmac.digest(self._key, f"{purpose} {of}".encode(), "sha256"))

    def _sealed(self, purpose: Purpose, lasts: timedelta, **said: Any) -> str:
        now = datetime.now(UTC)
        return jwt.encode({**said, "aud": purpose, "iat": now, "exp": now + lasts}, self._key, algorithm="HS256")

    def _opened(self, purpose: Purpose, text: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = jwt.decode(
                text, self._key, algorithms=["HS256"], audience=purpose, options={"require": ["exp", "aud"]}
            )
        except jwt.PyJWTError as wrong:
            raise BadToken(f"it is not valid here: {wrong}") from wrong
        return found


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
