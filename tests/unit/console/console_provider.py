"""An OpenID Connect provider of the tests: it signs what it is told to, and can change its keys."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from volt_console.access.issuer import Issuer

URL = "https://issuer.example/realms/cpo"
CLIENT = "voltlog-console"
AUDIENCE = "voltlog"


def new_key() -> rsa.RSAPrivateKey:
    """A key of the usual kind."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """What it serves is counted; `down` makes it answer 502; `said` overrides its discovery document."""

    def __init__(self, *, with_alg: bool = True) -> None:
        self.key, self.kid = new_key(), "first"
        self.with_alg = with_alg
        self.asked: list[str] = []
        self.down = False
        self.said: Mapping[str, Any] = {}
        self.now = 0.0

    def issuer(self) -> Issuer:
        """A client of this provider."""
        transport = httpx.MockTransport(self._answer)
        return Issuer(URL, CLIENT, http=lambda: httpx.AsyncClient(transport=transport), clock=lambda: self.now)

    def change_key(self) -> None:
        """From now on it signs with another key, and shows only that."""
        self.key, self.kid = new_key(), self.kid + "+"

    def token(self, *, algorithm: str = "RS256", kid: str | None = None, **claims: Any) -> str:
        """A token for the API; `claims` change or, as None, take away what it says."""
        now = datetime.now(UTC)
        said = {"iss": URL, "aud": AUDIENCE, "sub": "7f3a", "iat": now, "exp": now + timedelta(minutes=5)}
        said |= {"tenant": "demo", "roles": ["operator"], "name": "Otto", **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, self.key, algorithm=algorithm, headers={"kid": kid or self.kid})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/realms/cpo")
        self.asked.append(path)
        if self.down:
            return httpx.Response(502)
        if path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self._discovery() | dict(self.said))
        if path == "/keys":
            shown = {**RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": self.kid, "use": "sig"}
            strange = [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}, {"kty": "none of ours"}, "no key"]
            return httpx.Response(200, json={"keys": [*strange, shown | ({"alg": "RS256"} if self.with_alg else {})]})
        return httpx.Response(400, json={"error": "invalid_grant"})

    def _discovery(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": URL, **{name: f"{URL}/{place}" for name, place in places.items()}}
