"""What drivers say of tokens and accounts, for the console's log."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from unit.console.console_log import Log

from volt_contracts.accounts import AccountClosed, AccountErased, AccountRegistered, TokenJoined
from volt_contracts.drivers import TokenErased, TokenRegistered
from volt_contracts.ids import entity_key
from volt_contracts.topics import DRIVERS_ACCOUNT_EVENTS, DRIVERS_TOKEN_EVENTS

ACTOR = "operator:anna"


@dataclass
class Card:
    """A token with its versions."""

    log: Log
    ref: str
    version: int = 0

    def said(self, status: Any = "accepted", **more: Any) -> None:
        """What its issuer says of it from now on."""
        self.version += 1
        self.log.now += timedelta(minutes=1)
        said = {"token_type": "rfid", "issuer": "demo", "actor": ACTOR, "at": self.log.now, **more}
        event = TokenRegistered(version=self.version, token_ref=self.ref, status=status, **said)
        self._append(event)

    def erased(self) -> None:
        """Its clear value is forgotten."""
        self.version += 1
        self.log.now += timedelta(minutes=1)
        self._append(TokenErased(version=self.version, token_ref=self.ref, actor=ACTOR, at=self.log.now))

    def _append(self, event: TokenRegistered | TokenErased) -> None:
        self.log.append(DRIVERS_TOKEN_EVENTS, "", event, key=entity_key(self.log.tenant, self.ref))


@dataclass
class Person:
    """An account."""

    log: Log
    uid: str
    version: int = 0

    def registered(self, **more: Any) -> None:
        """What is known of it beside clear values."""
        self.version += 1
        said = {"details_ref": "d", "country": "DE", "language": "de", "currency": "EUR", **more}
        self._append(AccountRegistered(version=self.version, account_uid=self.uid, **self._by(), **said))

    def joined(self, ref: str) -> None:
        """A token says that it belongs to it."""
        self._append(TokenJoined(account_uid=self.uid, token_ref=ref, **self._by()))

    def closed(self) -> None:
        """It is blocked."""
        self.version += 1
        self._append(AccountClosed(version=self.version, account_uid=self.uid, **self._by()))

    def erased(self) -> None:
        """The person is forgotten."""
        self.version += 1
        self._append(AccountErased(version=self.version, account_uid=self.uid, **self._by()))

    def _by(self) -> dict[str, Any]:
        self.log.now += timedelta(minutes=1)
        return {"actor": ACTOR, "at": self.log.now}

    def _append(self, event: Any) -> None:
        self.log.append(DRIVERS_ACCOUNT_EVENTS, "", event, key=entity_key(self.log.tenant, self.uid))
