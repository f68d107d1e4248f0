"""The charging visit from plug to unplug, and the verdicts on tokens."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from volt_contracts.gateway import Grant, Verdict
from volt_contracts.message import Actor, Command, Event, Outcome, Row
from volt_contracts.station import ChargingState, SuspendedBy

AuthorizationSource = Literal[
    "rfid", "app", "autocharge", "plug_and_charge", "ad_hoc_terminal", "ad_hoc_web", "free", "remote_partner"
]


class Meter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The meter that a visit is measured with."""

    serial: str | None = None
    register_kind: Literal["lifetime", "session", "boot", "unknown"] = "unknown"
    metrology: Literal["none", "mid", "eichrecht"] = "none"


class Authorization(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may charge, by which right; the verdict is the one that went out to the station."""

    token_ref: str
    source: AuthorizationSource
    verdict: Verdict
    token_type: str | None = None
    issuer: str | None = None
    contract_ref: str | None = None
    group_ref: str | None = None
    authorization_reference: str | None = None
    command_id: str | None = None
    at: datetime


class Payment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment that was reserved before the visit."""

    ref: str
    preauthorised_amount: Decimal
    currency: str


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the visit is to stop by itself."""

    cost: Decimal | None = None
    energy_wh: Decimal | None = None
    time_s: int | None = None
    soc_percent: Decimal | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of the network that a visit needs for ever; null with `network_version` 0 until the station is adopted."""

    network_version: int = 0
    party: str | None = None
    country: str | None = None
    legal_entity: str | None = None
    site_host: str | None = None
    location: str | None = None
    """Its name; what stands below is its address, as it was when the visit began (OCPI 2.2.1 §10.3.2, CdrLocation)."""
    location_id: str | None = None
    location_version: int = 0
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    location_country: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    time_zone: str | None = None
    evse_uid: str | None = None
    evse_id: str | None = None
    connector_standard: str | None = None
    connector_format: str | None = None
    power_type: str | None = None
    max_power_w: Decimal | None = None
    meter: Meter = Meter()


class SessionEvent(Event, frozen=True, kw_only=True):
    """Every event of a visit names it; the session id is the id of the event that opened it."""

    session_id: str


class SessionStarted(SessionEvent, frozen=True, kw_only=True, tag="session.started.v1"):
    """A visit began: plugged in, authorised, or energy flowed, whichever came first."""

    opened_by: Literal["plugged", "authorized", "transaction"]
    evse: int
    connector: int
    hardware_epoch: int
    started_at: datetime
    plugged_at: datetime | None = None
    place: Place = Place()
    quote_id: str | None = None
    payment: Payment | None = None
    limits: Limits | None = None
    suspect: tuple[str, ...] = ()
    resumed: bool = False
    """The car was there when the station's link came back: it may have come, and begun to charge, before that."""


class SessionAuthorized(SessionEvent, frozen=True, kw_only=True, tag="session.authorized.v1"):
    """A token was presented for this visit. A refused one leaves the visit open, with its energy."""

    authorization: Authorization
    refused: bool = False
    transaction_uid: str | None = None
    """The transaction that it was presented for."""
    stop_after: datetime | None = None
    """A refused one that still charges then is stopped by command."""
    suspect: tuple[str, ...] = ()


class TransactionJoined(SessionEvent, frozen=True, kw_only=True, tag="session.transaction_joined.v1"):
    """A transaction of the station belongs to this visit."""

    transaction_uid: str
    protocol_id: str
    hardware_epoch: int
    started_at: datetime
    register_wh: Decimal | None = None
    evse: int | None = None
    connector: int | None = None
    """Where it runs, when that became known only later."""
    adopted: bool = False
    """Its start is not on record; a real start that comes later repeats this event without it."""
    suspect: tuple[str, ...] = ()


class TransactionLeft(SessionEvent, frozen=True, kw_only=True, tag="session.transaction_left.v1"):
    """A transaction of this visit ended."""

    transaction_uid: str
    ended_at: datetime
    register_wh: Decimal | None = None
    reason: str | None = None
    token_ref: str | None = None
    """The token that stopped it, where one did."""
    missing: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    status_until: datetime | None = None
    """Until when a status of the connector may still come, where the end came late or by a clock that is off."""


class SessionMetered(SessionEvent, frozen=True, kw_only=True, tag="session.metered.v1"):
    """The energy of the visit so far, at a counted reading."""

    at: datetime
    energy_wh: Decimal
    power_w: Decimal | None = None
    soc_percent: Decimal | None = None
    transaction_uid: str | None = None
    register_wh: Decimal | None = None
    suspect: tuple[str, ...] = ()


class ChargingStateChanged(SessionEvent, frozen=True, kw_only=True, tag="session.charging_state_changed.v1"):
    """The visit charges, pauses or idles."""

    charging_state: ChargingState
    suspended_by: SuspendedBy | None = None
    reported_by: Literal["connector", "transaction"] = "transaction"
    """Only a visit whose connector reports its status waits for `Available`."""
    stop_until: datetime | None = None
    """Of `Idle` at a time that is not ours: until when the stop of the transaction that runs is waited for."""
    at: datetime


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Energy since the visit's start. `interpolated` between its neighbours at a UTC quarter hour."""

    at: datetime
    energy_wh: Decimal
    charging_state: ChargingState | None = None
    interpolated: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a visit at its end or after a revision."""

    started_at: datetime
    energy_wh: Decimal
    plugged_at: datetime | None = None
    authorized_at: datetime | None = None
    energy_started_at: datetime | None = None
    energy_ended_at: datetime | None = None
    transaction_ended_at: datetime | None = None
    unplugged_at: datetime | None = None
    ended_at: datetime | None = None
    transactions: tuple[str, ...] = ()
    token_ref: str | None = None
    stop_token_ref: str | None = None
    stop_reason: str | None = None
    authorization: Literal["accepted", "refused", "none"] = "none"
    suspect: tuple[str, ...] = ()


class SessionEnded(SessionEvent, frozen=True, kw_only=True, tag="session.ended.v1"):
    """The visit is over, provisionally: later facts revise it."""

    closed_by: Literal["station", "timer", "operator"]
    complete: bool
    missing: tuple[str, ...] = ()
    evse: int
    connector: int
    summary: Summary
    finalise_at: datetime | None = None
    """When it is finalised unless a later fact moves that."""


class SessionRevised(SessionEvent, frozen=True, kw_only=True, tag="session.revised.v1"):
    """A later fact changed what is known. `before` and `after` hold the fields that changed, as JSON."""

    revision: int
    reason: str
    before: dict[str, msgspec.Raw]
    after: dict[str, msgspec.Raw]
    summary: Summary
    place: Place | None = None
    finalise_at: datetime | None = None
    at: datetime


class SessionFinalised(SessionEvent, frozen=True, kw_only=True, tag="session.finalised.v1"):
    """Nothing more is awaited. Only finalised visits are invoiced; prices are functions of the curve."""

    summary: Summary
    curve: tuple[CurvePoint, ...]
    complete: bool
    missing: tuple[str, ...] = ()
    at: datetime


class TokenNoted(Event, frozen=True, kw_only=True, tag="session.token_noted.v1"):
    """A token was presented before it is known for which visit; remembered for five minutes."""

    token_ref: str
    verdict: Verdict
    at: datetime


class LateSessionFact(Event, frozen=True, kw_only=True, tag="session.late_fact.v1"):
    """A fact about a visit that is finalised or no longer kept: for review, it changes nothing."""

    session_id: str | None
    transaction_uid: str | None
    what: str
    at: datetime


class SessionCommandFinished(Outcome, frozen=True, kw_only=True, tag="session.command_finished.v1"):
    """The one outcome of StartSession or StopSession."""

    command: str
    session_id: str | None = None
    status: str | None = None
    at: datetime


class SessionCommandAccepted(Event, frozen=True, kw_only=True, tag="session.command_accepted.v1"):
    """StartSession or StopSession was passed on to the station; its outcome follows."""

    command_id: str
    station_command_id: str
    command: str
    remote_start_id: int | None = None
    token_ref: str | None = None
    evse: int | None = None
    session_id: str | None = None
    transaction_uid: str | None = None
    actor: Actor | None = None
    until: datetime
    at: datetime


class StartSession(Command, frozen=True, kw_only=True, tag="session.start_session.v1"):
    """Start charging remotely, for a token."""

    id_token: str
    token_type: str = "Central"
    token_ref: str
    evse: int | None = None


class StopSession(Command, frozen=True, kw_only=True, tag="session.stop_session.v1"):
    """Stop the running transaction of a visit."""

    session_id: str


# Authorization: decider `session.authorization`, key `{tenant}/{token_ref}`.


class Issuer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One party that vouches for a token value; the first one in a row is preferred."""

    issuer: str
    token_type: str
    verdict: Verdict
    contract_ref: str | None = None
    group_ref: str | None = None
    valid_until: datetime | None = None


class AuthorizationRow(Row, frozen=True, kw_only=True, tag="session.authorization.v1"):
    """Public row of `session.authorizations`: the verdict on a token. Expiry is judged by whoever reads it."""

    token_ref: str
    issuers: tuple[Issuer, ...]
    grants: tuple[Grant, ...] = ()
    active: tuple[str, ...] = ()
    """Transaction uids that run on this token now."""
    concurrent: Literal["allowed", "refused"] = "allowed"


class Authorize(Command, frozen=True, kw_only=True, tag="session.authorize.v1"):
    """Decide on a token that no row is there for. Awaited by a gateway."""

    station_uid: str
    identity: str
    token_type: str | None = None
    evse: int | None = None


class NoteUse(Command, frozen=True, kw_only=True, tag="session.note_use.v1"):
    """A transaction started or ended on this token."""

    transaction_uid: str
    running: bool
    at: datetime


class NoteGrant(Command, frozen=True, kw_only=True, tag="session.note_grant.v1"):
    """A remote start was granted for this token."""

    grant: Grant


class IssuerChanged(Event, frozen=True, kw_only=True, tag="session.issuer_changed.v1"):
    """What an issuer says of this token."""

    issuer: Issuer
    concurrent: Literal["allowed", "refused"] = "allowed"


class UseNoted(Event, frozen=True, kw_only=True, tag="session.use_noted.v1"):
    """A transaction runs, or no longer runs, on this token."""

    transaction_uid: str
    running: bool
    concurrent: bool = False
    """Another transaction ran on this token already, and its issuer refuses that."""
    at: datetime


class GrantNoted(Event, frozen=True, kw_only=True, tag="session.grant_noted.v1"):
    """A remote start awaits its transaction."""

    grant: Grant


class GrantsExpired(Event, frozen=True, kw_only=True, tag="session.grants_expired.v1"):
    """Grants that nobody used in time."""

    command_ids: tuple[str, ...]
    at: datetime


class AuthorizationDecided(Outcome, frozen=True, kw_only=True, tag="session.authorization_decided.v1"):
    """The verdict on a token that was asked for."""

    verdict: Verdict
    group_ref: str | None = None
    valid_until: datetime | None = None
    station_uid: str
    at: datetime
