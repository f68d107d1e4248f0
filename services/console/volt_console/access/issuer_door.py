"""The door where an issuer says who somebody is: a session in a cookie for browsers, bearer tokens for programs."""

from collections.abc import Sequence

from fastapi import APIRouter, Request

from volt_console.access.bearer import bearer
from volt_console.access.claims import Claims
from volt_console.access.doors import API
from volt_console.access.errors import BadToken
from volt_console.access.issuer import Issuer
from volt_console.access.keys import Keys
from volt_console.access.principal import Principal
from volt_console.access.seal import Seal
from volt_console.access.sign_in import SESSION, Way, cookie, sign_in_pages


class IssuerDoor:
    """`embedded` are the pages of an issuer that lives in this process."""

    def __init__(
        self,
        issuer: Issuer,
        claims: Claims,
        seal: Seal,
        way: Way,
        audience: str,
        keys: Keys,
        embedded: Sequence[APIRouter] = (),
    ) -> None:
        self._issuer = issuer
        self._claims = claims
        self._seal = seal
        self._way = way
        self._audience = audience
        self._keys = keys
        self._embedded = tuple(embedded)

    async def principal(self, request: Request) -> Principal | None:
        """Who it is. A session that is over is none.

        Raises:
            BadToken: a token was sent, and is not valid.
            IssuerAway: it cannot be checked now.
        """
        token = bearer(request)
        if token is not None and request.url.path.startswith(API):
            if self._keys.takes(token):
                return self._keys.principal(token)
            return self._claims.principal(await self._issuer.claims(token, self._audience))
        session = request.cookies.get(cookie(SESSION, self._way.secure(request)))
        if session is None:
            return None
        try:
            return self._seal.known(session)
        except BadToken:
            return None

    def routes(self) -> Sequence[APIRouter]:
        """Signing in and out."""
        return (sign_in_pages(self._issuer, self._claims, self._seal, self._way), *self._embedded)
