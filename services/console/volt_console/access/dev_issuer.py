"""An issuer that asks for no password, for the local stack: five people, each signed in by one click.

It speaks what a real one speaks (discovery, keys, authorization code with PKCE), so that nothing else in the console
knows the difference. It serves this machine only and refuses to start anywhere else.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jwt.algorithms import ECAlgorithm

from volt_console.access.loopback import is_loopback
from volt_console.access.principal import NOBODY
from volt_console.access.rights import Role
from volt_console.access.sign_in import BACK
from volt_console.pages.forms import fields
from volt_console.pages.html import render
from volt_console.web.problems import Problem
from volt_contracts.refs import hkdf_sha256

PATH = "/dev-issuer"
LASTS = timedelta(hours=8)
CODE_LASTS = timedelta(minutes=1)
MOST_CODES = 1000
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (SEC 2 §2.4.2)."""

Text = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True)
class Person:
    """Somebody who can be signed in with a click."""

    name: str
    tenant: str
    role: Role
    can: str


PEOPLE: Mapping[str, Person] = {
    "ada": Person("Ada Adler", "demo", "admin", "may do everything"),
    "otto": Person("Otto Okafor", "demo", "operator", "lets stations in and sends commands"),
    "vera": Person("Vera Vogel", "demo", "viewer", "only looks"),
    "fina": Person("Fina Falk", "demo", "finance", "looks after money"),
    "hanna": Person("Hanna Holt", "harbour", "admin", "may do everything in another network"),
}


@dataclass(frozen=True)
class Grant:
    """What a code stands for."""

    person: str
    redirect_uri: str
    nonce: str
    challenge: str
    until: datetime


class DevIssuer:
    """The issuer at `url`, for one client. Its key comes from the stack's secret: a restart changes nothing."""

    def __init__(self, url: str, client_id: str, audience: str, secret: str) -> None:
        self.url = url
        self._client_id = client_id
        self._audience = audience
        number = int.from_bytes(hkdf_sha256(secret.encode(), info=b"voltlog development issuer", length=48))
        self._key = ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())
        self._codes: dict[str, Grant] = {}

    def public_key(self) -> dict[str, Any]:
        """As its key set shows it."""
        found: dict[str, Any] = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**found, "kid": sha256(found["x"].encode()).hexdigest()[:16], "use": "sig", "alg": "ES256"}

    def code(self, grant: Grant) -> str:
        """A code to be used once, soon."""
        now = datetime.now(UTC)
        self._codes = {code: kept for code, kept in self._codes.items() if kept.until > now}
        if len(self._codes) >= MOST_CODES:
            raise Problem(503, "too-many-codes", "Too many codes", "Wait a minute.", headers={"Retry-After": "60"})
        code = token_urlsafe(24)
        self._codes[code] = grant
        return code

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """The tokens for a code, or None where anything about it is wrong (RFC 6749 §5.2, RFC 7636 §4.6)."""
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or grant.until <= datetime.now(UTC) or form.get("grant_type") != "authorization_code":
            return None
        made = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if not hmac.compare_digest(made, grant.challenge) or form.get("redirect_uri") != grant.redirect_uri:
            return None
        return {
            "token_type": "Bearer",
            "expires_in": int(LASTS.total_seconds()),
            "id_token": self.token(grant.person, self._client_id, nonce=grant.nonce),
            "access_token": self.token(grant.person, self._audience),
        }

    def token(self, person: str, audience: str, **more: str) -> str:
        """A signed token about one of the people."""
        about, now = PEOPLE[person], datetime.now(UTC)
        said = {"iss": self.url, "sub": f"dev-{person}", "aud": audience, "iat": now, "exp": now + LASTS}
        said |= {"name": about.name, "tenant": about.tenant, "roles": [about.role], **more}
        return jwt.encode(said, self._key, algorithm="ES256", headers={"kid": self.public_key()["kid"]})

    def takes_back(self, client_id: str, redirect_uri: str) -> bool:
        """Whether this is the console on this machine."""
        parts = urlsplit(redirect_uri)
        here = parts.scheme in ("http", "https") and is_loopback(parts.hostname or "") and parts.path == BACK
        return here and client_id == self._client_id


def dev_issuer_pages(issuer: DevIssuer) -> APIRouter:
    """What an issuer serves."""
    routes = APIRouter(prefix=PATH, include_in_schema=False)

    @routes.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return {
            "issuer": issuer.url,
            "authorization_endpoint": f"{issuer.url}/authorize",
            "token_endpoint": f"{issuer.url}/token",
            "jwks_uri": f"{issuer.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        }

    @routes.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [issuer.public_key()]}

    @routes.get("/authorize")
    async def authorize(
        request: Request,
        client_id: Text = "",
        redirect_uri: Text = "",
        code_challenge: Text = "",
        code_challenge_method: Text = "",
        response_type: Text = "",
        state: Text = "",
        nonce: Text = "",
        person: Text = "",
    ) -> Response:
        if not issuer.takes_back(client_id, redirect_uri):
            raise Problem(400, "bad-client", "Unknown program", "Only the console of this machine can be signed in to.")
        if response_type != "code" or code_challenge_method != "S256" or len(code_challenge) != 43:
            raise Problem(400, "bad-sign-in", "Bad request", "Only the code flow with PKCE (S256) is there.")
        if person not in PEOPLE:
            chosen = {name: f"{request.url.path}?{request.url.query}&person={name}" for name in PEOPLE}
            return HTMLResponse(render("dev_issuer.html", me=NOBODY, here="", people=PEOPLE, chosen=chosen))
        code = issuer.code(Grant(person, redirect_uri, nonce, code_challenge, datetime.now(UTC) + CODE_LASTS))
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 303)

    @routes.post("/token")
    async def token(request: Request) -> Response:
        found = issuer.tokens(await fields(request))
        return JSONResponse({"error": "invalid_grant"}, 400) if found is None else JSONResponse(found)

    return routes
