"""How somebody comes in. Without an issuer the door stands open, on loopback only."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, Request

from volt_console.access.bearer import bearer
from volt_console.access.keys import Keys
from volt_console.access.principal import Principal
from volt_contracts.message import Actor

API = "/api/"


class Door(Protocol):
    """Says who a request comes from."""

    async def principal(self, request: Request) -> Principal | None:
        """Who it is, or None: whoever it is has to sign in first. Raises Problem for a credential that is none."""

    def routes(self) -> Sequence[APIRouter]:
        """The pages that somebody needs to come in; they ask for no right."""


class OpenDoor:
    """Everybody who reaches the console is an admin of its one tenant: for loopback, where no issuer is set."""

    def __init__(self, tenant: str, keys: Keys) -> None:
        self._tenant = tenant
        self._keys = keys

    async def principal(self, request: Request) -> Principal:
        """Whose key it is, if one is sent; else programs are told apart from people by the path alone."""
        program = request.url.path.startswith(API)
        token = bearer(request)
        if program and token is not None and self._keys.takes(token):
            return self._keys.principal(token)
        actor = Actor(kind="api_key" if program else "operator", id="local")
        return Principal(tenant=self._tenant, actor=actor, name="", roles=frozenset({"admin"}))

    def routes(self) -> Sequence[APIRouter]:
        """None."""
        return ()
