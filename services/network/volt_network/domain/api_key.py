"""An API key: good until it is revoked or its time is over. Only its hash is known here."""

import re
from datetime import datetime

import msgspec

from volt_contracts.access import ApiKeyCreated, ApiKeyRevoked, ApiKeyRow, CreateApiKey, RevokeApiKey
from volt_contracts.message import Event
from volt_contracts.network import NetworkCommandFinished
from volt_eventlog.answers import Answers, Refused
from volt_network.domain.answers import remember

LONGEST_NAME = 60
MOST_SCOPES = 32
_ID = re.compile("[a-z0-9]{8,32}")
_HASH = re.compile("[0-9a-f]{64}")
_SCOPE = re.compile("[a-z_]{1,32}")


class Good(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="good"):
    """A key that lets somebody in."""

    created: ApiKeyCreated
    answers: Answers = ()


class Revoked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="revoked"):
    """A key that did."""

    created: ApiKeyCreated
    revoked: ApiKeyRevoked
    answers: Answers = ()


ApiKey = Good | Revoked


def create(known: ApiKey | None, command: CreateApiKey, key_id: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Make a key good. An id is used once: what a key may do never changes."""
    if known is not None:
        return Refused("there is a key of this id already")
    refused = _objection(command, key_id, at)
    if refused is not None:
        return refused
    return (
        ApiKeyCreated(
            name=command.name,
            hash=command.hash,
            scopes=tuple(sorted(set(command.scopes))),
            expires_at=command.expires_at,
            actor=command.actor.text,
            at=at,
        ),
    )


def revoke(known: ApiKey | None, command: RevokeApiKey, at: datetime) -> tuple[Event, ...] | Refused:
    """Make it good no longer; nothing happens when it is revoked already."""
    match known:
        case None:
            return Refused("there is no such key")
        case Good():
            return (ApiKeyRevoked(actor=command.actor.text, at=at),)
        case Revoked():
            return ()


def evolve(known: ApiKey | None, event: Event) -> ApiKey | None:
    """The key after an event of its own."""
    match event:
        case ApiKeyCreated() if known is None:
            return Good(created=event)
        case ApiKeyRevoked() if isinstance(known, Good):
            return Revoked(created=known.created, revoked=event, answers=known.answers)
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(known.answers, event))
        case _:
            return known


def row(known: ApiKey | None) -> ApiKeyRow | None:
    """The public row; a revoked key's stays, so that a list can say what became of it."""
    if known is None:
        return None
    created = known.created
    revoked = known.revoked if isinstance(known, Revoked) else None
    return ApiKeyRow(
        name=created.name,
        hash=created.hash if revoked is None else None,
        scopes=created.scopes,
        expires_at=created.expires_at,
        created_by=created.actor,
        created_at=created.at,
        revoked_by=None if revoked is None else revoked.actor,
        revoked_at=None if revoked is None else revoked.at,
    )


def _objection(command: CreateApiKey, key_id: str, at: datetime) -> Refused | None:
    """The first thing that is wrong with a key."""
    if not _ID.fullmatch(key_id):
        return Refused("the id of a key has 8 to 32 small letters and digits")
    if not _HASH.fullmatch(command.hash):
        return Refused("the hash of a key has 64 hexadecimal digits")
    if not command.name.strip() or len(command.name) > LONGEST_NAME or not command.name.isprintable():
        return Refused(f"the name of a key has 1 to {LONGEST_NAME} characters that can be printed")
    if not 0 < len(command.scopes) <= MOST_SCOPES:
        return Refused(f"a key has 1 to {MOST_SCOPES} scopes")
    strange = next((scope for scope in command.scopes if not _SCOPE.fullmatch(scope)), None)
    if strange is not None:
        return Refused(f"{strange!r} is no scope: small letters and _")
    if command.expires_at is not None and command.expires_at <= at:
        return Refused("the key would have expired already")
    return None
