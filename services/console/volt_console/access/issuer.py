"""An OpenID Connect provider as its client sees it: discovery, keys, the exchange of a code, and checked tokens.

OpenID Connect Core 1.0 §3.1.3.7 and Discovery 1.0 §4.3; RFC 7636 (PKCE); RFC 8725 (best practices of JWT).
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from volt_console.access.errors import BadToken, IssuerAway
from volt_console.access.loopback import is_loopback

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures that only the issuer can make: no shared secrets, no `none` (RFC 8725 §3.1)."""
SKEW_S = 30
"""How far the clocks of the issuer and this machine may be apart."""
KEEP_S = 3600.0
AGAIN_S = 10.0
"""Keys are not fetched more often, however many tokens name a key that nobody knows."""
TIMEOUT_S = 5.0


def may_be_trusted(address: str) -> bool:
    """Whether nobody between here and there can change what is said: TLS, or this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


class Issuer:
    """One provider. Nothing is fetched before somebody wants to come in."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str = "",
        http: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(timeout=TIMEOUT_S),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.url = url
        self.client_id = client_id
        self._client_secret = client_secret
        self._http = http
        self._clock = clock
        self._said: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str | None, Mapping[str, Any]]] | None = None
        self._lock = asyncio.Lock()

    async def sign_in_address(self, *, scope: str, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser is sent to. Raises IssuerAway."""
        said = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "scope": scope,
            "redirect_uri": redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = str(said["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    async def sign_out_address(self) -> str | None:
        """Where somebody ends his session with the issuer itself, if there is such a page. Raises IssuerAway."""
        found = (await self._discovered()).get("end_session_endpoint")
        return f"{found}?{urlencode({'client_id': self.client_id})}" if isinstance(found, str) else None

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code. Raises BadToken when the issuer refuses the code, IssuerAway."""
        said = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        auth = httpx.BasicAuth(self.client_id, self._client_secret) if self._client_secret else None
        answer = await self._ask("POST", str(said["token_endpoint"]), data=form, auth=auth)
        if answer.status_code in (400, 401):
            raise BadToken("the issuer does not take the code")
        token = _json(answer).get("id_token")
        if not isinstance(token, str):
            raise IssuerAway("the issuer gave no ID token")
        return token

    async def claims(self, token: str, audience: str, nonce: str | None = None) -> Mapping[str, Any]:
        """What a token says, once its signature, issuer, audience and times are known to be right.

        Raises:
            BadToken: they are not.
            IssuerAway: its key cannot be fetched.
        """
        try:
            key = await self._key(jwt.get_unverified_header(token))
            found: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=self.url,
                leeway=SKEW_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as wrong:
            raise BadToken(f"the token is not valid here: {wrong}") from wrong
        if nonce is not None and found.get("nonce") != nonce:
            raise BadToken("the token belongs to another sign-in")
        if isinstance(found["aud"], list) and found.get("azp", self.client_id) != self.client_id:
            raise BadToken("the token was made for another program")
        return found

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The key that a token names; an unknown one may be new, and is looked for again."""
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("its signature is of a kind that is not taken")
        async with self._lock:
            keys = await self._fresh_keys(KEEP_S)
            if kid not in keys:
                keys = await self._fresh_keys(AGAIN_S)
        if kid not in keys:
            raise jwt.InvalidKeyError("its key is not one of the issuer's")
        return jwt.PyJWK(dict(keys[kid]), algorithm=keys[kid].get("alg") or algorithm)

    async def _fresh_keys(self, max_age_s: float) -> Mapping[str | None, Mapping[str, Any]]:
        if self._keys is None or self._clock() - self._keys[0] > max_age_s:
            said = await self._discovered()
            found = _json(await self._ask("GET", str(said["jwks_uri"]))).get("keys")
            self._keys = self._clock(), _usable(found)
        return self._keys[1]

    async def _discovered(self) -> Mapping[str, Any]:
        if self._said is None or self._clock() - self._said[0] > KEEP_S:
            address = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
            found = _json(await self._ask("GET", address))
            if found.get("issuer") != self.url:
                raise IssuerAway("the discovery document is that of another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not may_be_trusted(str(found.get(name))):
                    raise IssuerAway(f"its {name} is no address that can be trusted")
            self._said = self._clock(), found
        return self._said[1]

    async def _ask(self, method: str, address: str, **request: Any) -> httpx.Response:
        try:
            async with self._http() as http:
                answer = await http.request(method, address, headers={"Accept": "application/json"}, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as why:
            raise IssuerAway(f"the issuer does not answer ({type(why).__name__})") from why
        if answer.status_code >= 500 or answer.status_code in (404, 429):
            raise IssuerAway(f"the issuer answers {answer.status_code}")
        return answer


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError as wrong:
        raise IssuerAway("the issuer does not answer in JSON") from wrong
    if not isinstance(found, dict):
        raise IssuerAway("the issuer's answer is no object")
    return found


def _usable(keys: Any) -> Mapping[str | None, Mapping[str, Any]]:
    """Those that sign, by their ids; a shared secret is no key of an issuer."""
    return {
        key.get("kid"): key
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")
    }
