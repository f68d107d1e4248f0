"""Every topic of Voltlog, in one table: creation, the AsyncAPI document and the README's table come from it.

All topics are LogAppendTime: a producer's timestamp hours ahead would be refused and then block its partition.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from volt_contracts import (
    access,
    accounts,
    addresses,
    drivers,
    eventlog,
    gateway,
    imports,
    migration,
    network,
    session,
    station,
)

DAY_MS = 86_400_000
FOREVER = -1
YEAR_MS = 365 * DAY_MS

Kind = Literal["frames", "events", "commands", "state", "rows", "records", "dead"]
MessageTypes = tuple[type[msgspec.Struct], ...]


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic: its contract, who writes it and who reads it. Each stands here once and is compared by identity.

    `scale` is the partition class: `fleet` topics have 6 partitions locally and 60 in production, fixed for life;
    `single` ones have one. `types` is empty for private state and for dead letters, which hold bytes.
    """

    name: str
    kind: Kind
    key: str
    owner: str
    writer: str
    readers: tuple[str, ...]
    types: MessageTypes
    retention_ms: int
    compacted: bool = False
    scale: Literal["fleet", "single"] = "fleet"
    meaning: str = ""
    config: tuple[tuple[str, str], ...] = ()


RUNNER_EVENTS: MessageTypes = (
    eventlog.KeyParked,
    eventlog.KeyReleased,
    eventlog.KeyCatchingUp,
    eventlog.KeyCaughtUp,
    eventlog.CommandRefused,
)

STATION_KEY = "{tenant}/{station_uid}"
TOKEN_KEY = "{tenant}/{token_ref}"
TENANT_KEY = "{tenant}/{tenant}"
LOCATION_KEY = "{tenant}/{location_uid}"
ORGANISATION_KEY = "{tenant}/{organisation_uid}"
IDENTITY_KEY = "{tenant}/{identity_uid}"
ROUTE_KEY = "-/{route_uid}"
IMPORT_KEY = "{tenant}/{import_id}"
API_KEY_KEY = "{tenant}/{key_id}"
ACCOUNT_KEY = "{tenant}/{account_uid}"
PERSON_KEY = "{tenant}/{token_ref or account_uid}"

GATEWAY_FRAMES = Topic(
    "gateway.frames", "frames", STATION_KEY, "gateway", "gateway", ("station", "console"),
    (
        gateway.Exchange, gateway.Unreadable, gateway.CallReport, gateway.LinkOpened, gateway.LinkRefused,
        gateway.LinkSuperseded, gateway.LinkSilent, gateway.LinkBack, gateway.LinkClosed, gateway.LinkAlive,
    ),
    90 * DAY_MS, meaning="every exchange with a station, raw, and what happened to its links",
)  # fmt: skip
GATEWAY_DOWNLINK = Topic(
    "gateway.downlink", "records", STATION_KEY, "station", "station", ("gateway",),
    (gateway.SendCall, gateway.CloseLink), 7 * DAY_MS, meaning="calls to send and links to close",
)  # fmt: skip

STATION_COMMANDS = Topic(
    "station.commands", "commands", STATION_KEY, "station", "console, session", ("station",),
    (
        station.RequestStart, station.RequestStop, station.Reset, station.UnlockConnector, station.ChangeAvailability,
        station.TriggerMessage, station.GetVariables, station.SetVariables, station.GetTransactionStatus,
        station.SetRegistration, migration.AdoptTransaction, eventlog.ReleaseKey,
    ),
    7 * DAY_MS, meaning="what a station is to do, neutral of its version",
)  # fmt: skip
STATION_EVENTS = Topic(
    "station.events", "events", STATION_KEY, "station", "station", ("session", "console"),
    (
        station.LinkUp, station.LinkLost, station.Booted, station.HardwareChanged, station.RegistrationChanged,
        station.ConnectorStatusChanged, station.TokenPresented, station.TransactionStarted, station.TransactionUpdated,
        station.SequenceGap, station.TransactionEnded, station.ReadingsTaken, station.ReadingsAttributed,
        station.LateFact, station.CommandSent, station.CommandProgressed, station.CommandFinished,
        station.LateResult, *RUNNER_EVENTS,
    ),
    FOREVER, meaning="what stations did, neutral of version and vendor; with all readings inside a visit",
)  # fmt: skip
STATION_STATE = Topic(
    "station.state", "state", STATION_KEY, "station", "station", ("station",), (), FOREVER, compacted=True,
    meaning="snapshots of the twin; private",
)  # fmt: skip
STATION_TELEMETRY = Topic(
    "station.telemetry", "records", STATION_KEY, "station", "station", (), (station.ReadingsTaken,),
    395 * DAY_MS, meaning="a copy of all readings, for charts",
)  # fmt: skip
STATION_EVIDENCE = Topic(
    "station.evidence", "records", STATION_KEY, "station", "station", (), (station.SignedMeterData,),
    10 * YEAR_MS, meaning="signed meter data, byte for byte",
)  # fmt: skip
STATION_PROFILES = Topic(
    "station.profiles", "rows", STATION_KEY, "station", "station", ("gateway", "session"), (station.StationProfile,),
    FOREVER, compacted=True, meaning="registration, quirks, capabilities, recent starts",
)  # fmt: skip

SESSION_COMMANDS = Topic(
    "session.commands", "commands", STATION_KEY, "session", "console", ("session",),
    (session.StartSession, session.StopSession, eventlog.ReleaseKey), 7 * DAY_MS,
    meaning="start and stop a visit remotely",
)  # fmt: skip
SESSION_EVENTS = Topic(
    "session.events", "events", STATION_KEY, "session", "session", ("console",),
    (
        session.SessionStarted, session.SessionAuthorized, session.TransactionJoined, session.TransactionLeft,
        session.SessionMetered, session.ChargingStateChanged, session.SessionEnded, session.SessionRevised,
        session.SessionFinalised, session.LateSessionFact, session.SessionCommandAccepted,
        session.SessionCommandFinished, session.TokenNoted, *RUNNER_EVENTS,
    ),
    FOREVER, meaning="visits from plug to unplug, revised and finalised",
)  # fmt: skip
SESSION_STATE = Topic(
    "session.state", "state", STATION_KEY, "session", "session", ("session",), (), FOREVER, compacted=True,
    meaning="snapshots of running and recent visits; private",
)  # fmt: skip
AUTHORIZATION_COMMANDS = Topic(
    "session.authorization.commands", "commands", TOKEN_KEY, "session", "gateway, session, console", ("session",),
    (session.Authorize, session.NoteUse, session.NoteGrant, eventlog.ReleaseKey), 7 * DAY_MS,
    meaning="questions about tokens, and their uses",
)  # fmt: skip
AUTHORIZATION_EVENTS = Topic(
    "session.authorization.events", "events", TOKEN_KEY, "session", "session", ("gateway", "console"),
    (
        session.IssuerChanged, session.UseNoted, session.GrantNoted, session.GrantsExpired,
        session.AuthorizationDecided, *RUNNER_EVENTS,
    ),
    FOREVER, meaning="what is known of tokens, and verdicts that were asked for",
)  # fmt: skip
AUTHORIZATION_STATE = Topic(
    "session.authorization.state", "state", TOKEN_KEY, "session", "session", ("session",), (), FOREVER,
    compacted=True, meaning="snapshots of tokens' authorization; private",
)  # fmt: skip
SESSION_AUTHORIZATIONS = Topic(
    "session.authorizations", "rows", TOKEN_KEY, "session", "session", ("gateway", "session"),
    (session.AuthorizationRow,), FOREVER, compacted=True, meaning="the verdict on every known token",
)  # fmt: skip

NETWORK_TENANT_COMMANDS = Topic(
    "network.tenant.commands", "commands", TENANT_KEY, "network", "console", ("network",),
    (network.ConfigureTenant, eventlog.ReleaseKey), 7 * DAY_MS, scale="single", meaning="tenants' settings",
)  # fmt: skip
NETWORK_TENANT_EVENTS = Topic(
    "network.tenant.events", "events", TENANT_KEY, "network", "network", ("console",),
    (network.TenantConfigured, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER, scale="single",
    meaning="how tenants' settings changed",
)  # fmt: skip
NETWORK_TENANT_STATE = Topic(
    "network.tenant.state", "state", TENANT_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    scale="single", meaning="snapshots of tenants; private",
)  # fmt: skip
NETWORK_TENANTS = Topic(
    "network.tenants", "rows", TENANT_KEY, "network", "network", ("gateway", "network", "session", "console"),
    (network.TenantRow,), FOREVER, compacted=True, scale="single", meaning="tenants and their policies",
)  # fmt: skip
NETWORK_STATION_COMMANDS = Topic(
    "network.station.commands", "commands", STATION_KEY, "network", "console, station, network", ("network",),
    (
        network.AdoptStation, network.RegisterStation, network.TransferStation, network.ReceiveStation,
        network.EndTransfer, eventlog.ReleaseKey,
    ),
    7 * DAY_MS, meaning="register, adopt or transfer stations",
)  # fmt: skip
NETWORK_STATION_EVENTS = Topic(
    "network.station.events", "events", STATION_KEY, "network", "network", ("session", "console"),
    (
        network.StationAdopted, network.StationRegistered, network.TransferBegan, network.TransferRefused,
        network.StationMoved, network.NetworkCommandFinished, *RUNNER_EVENTS,
    ),
    FOREVER, meaning="stations known or adopted, and how that changed",
)  # fmt: skip
NETWORK_STATION_STATE = Topic(
    "network.station.state", "state", STATION_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    meaning="snapshots of stations; private",
)  # fmt: skip
NETWORK_STATIONS = Topic(
    "network.stations", "rows", STATION_KEY, "network", "network",
    ("gateway", "session", "station", "network", "console"),
    (network.StationRow,), FOREVER, compacted=True, meaning="what is registered of every station",
)  # fmt: skip

NETWORK_LOCATION_COMMANDS = Topic(
    "network.location.commands", "commands", LOCATION_KEY, "network", "console", ("network",),
    (network.ConfigureLocation, eventlog.ReleaseKey), 7 * DAY_MS, meaning="locations to know or change",
)  # fmt: skip
NETWORK_LOCATION_EVENTS = Topic(
    "network.location.events", "events", LOCATION_KEY, "network", "network", ("console",),
    (network.LocationConfigured, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER,
    meaning="where stations stand, and how that changed",
)  # fmt: skip
NETWORK_LOCATION_STATE = Topic(
    "network.location.state", "state", LOCATION_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    meaning="snapshots of locations; private",
)  # fmt: skip
NETWORK_LOCATIONS = Topic(
    "network.locations", "rows", LOCATION_KEY, "network", "network", ("station", "session", "console", "network"),
    (network.LocationRow,), FOREVER, compacted=True, meaning="address, time zone, host and seller of every location",
)  # fmt: skip
NETWORK_ORGANISATION_COMMANDS = Topic(
    "network.organisation.commands", "commands", ORGANISATION_KEY, "network", "console", ("network",),
    (network.ConfigureOrganisation, eventlog.ReleaseKey), 7 * DAY_MS, scale="single",
    meaning="legal entities and site hosts to know or change",
)  # fmt: skip
NETWORK_ORGANISATION_EVENTS = Topic(
    "network.organisation.events", "events", ORGANISATION_KEY, "network", "network", ("console",),
    (network.OrganisationConfigured, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER, scale="single",
    meaning="legal entities and site hosts, and how that changed",
)  # fmt: skip
NETWORK_ORGANISATION_STATE = Topic(
    "network.organisation.state", "state", ORGANISATION_KEY, "network", "network", ("network",), (), FOREVER,
    compacted=True, scale="single", meaning="snapshots of organisations; private",
)  # fmt: skip
NETWORK_ORGANISATIONS = Topic(
    "network.organisations", "rows", ORGANISATION_KEY, "network", "network", ("console", "network"),
    (network.OrganisationRow,), FOREVER, compacted=True, scale="single", meaning="every legal entity and site host",
)  # fmt: skip
NETWORK_IDENTITY_COMMANDS = Topic(
    "network.identity.commands", "commands", IDENTITY_KEY, "network", "console", ("network",),
    (addresses.ClaimIdentity, addresses.ReleaseIdentity, eventlog.ReleaseKey), 7 * DAY_MS,
    meaning="further identities of stations",
)  # fmt: skip
NETWORK_IDENTITY_EVENTS = Topic(
    "network.identity.events", "events", IDENTITY_KEY, "network", "network", ("console",),
    (addresses.IdentityClaimed, addresses.IdentityReleased, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER,
    meaning="which station an identity leads to, and how that changed",
)  # fmt: skip
NETWORK_IDENTITY_STATE = Topic(
    "network.identity.state", "state", IDENTITY_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    meaning="snapshots of identities; private",
)  # fmt: skip
NETWORK_IDENTITIES = Topic(
    "network.identities", "rows", IDENTITY_KEY, "network", "network", ("gateway", "network", "console"),
    (addresses.IdentityRow,), FOREVER, compacted=True, meaning="identities that lead to a station of another name",
)  # fmt: skip
NETWORK_ROUTE_COMMANDS = Topic(
    "network.route.commands", "commands", ROUTE_KEY, "network", "console", ("network",),
    (addresses.ConfigureRoute, addresses.RemoveRoute, eventlog.ReleaseKey), 7 * DAY_MS, scale="single",
    meaning="addresses of former systems that lead to a tenant",
)  # fmt: skip
NETWORK_ROUTE_EVENTS = Topic(
    "network.route.events", "events", ROUTE_KEY, "network", "network", ("console",),
    (addresses.RouteConfigured, addresses.RouteRemoved, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER,
    scale="single", meaning="which tenant an address leads to, and how that changed",
)  # fmt: skip
NETWORK_ROUTE_STATE = Topic(
    "network.route.state", "state", ROUTE_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    scale="single", meaning="snapshots of addresses; private",
)  # fmt: skip
NETWORK_ROUTES = Topic(
    "network.routes", "rows", ROUTE_KEY, "network", "network", ("gateway", "network", "console"),
    (addresses.RouteRow,), FOREVER, compacted=True, scale="single", meaning="the route table of the gateway",
)  # fmt: skip
NETWORK_IMPORT_COMMANDS = Topic(
    "network.import.commands", "commands", IMPORT_KEY, "network", "console", ("network",),
    (imports.RecordImport, eventlog.ReleaseKey), 7 * DAY_MS, scale="single",
    meaning="imports, in the transaction of their commands",
)  # fmt: skip
NETWORK_IMPORT_EVENTS = Topic(
    "network.import.events", "events", IMPORT_KEY, "network", "network", ("console",),
    (imports.ImportRecorded, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER, scale="single",
    meaning="which files were imported by whom",
)  # fmt: skip
NETWORK_IMPORT_STATE = Topic(
    "network.import.state", "state", IMPORT_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    scale="single", meaning="snapshots of imports; private",
)  # fmt: skip
NETWORK_IMPORTS = Topic(
    "network.imports", "rows", IMPORT_KEY, "network", "network", ("console", "network"), (imports.ImportRow,), FOREVER,
    compacted=True, scale="single", meaning="every import",
)  # fmt: skip

NETWORK_API_KEY_COMMANDS = Topic(
    "network.api_key.commands", "commands", API_KEY_KEY, "network", "console", ("network",),
    (access.CreateApiKey, access.RevokeApiKey, eventlog.ReleaseKey), 7 * DAY_MS, scale="single",
    meaning="let programs in, or no longer",
)  # fmt: skip
NETWORK_API_KEY_EVENTS = Topic(
    "network.api_key.events", "events", API_KEY_KEY, "network", "network", ("console",),
    (access.ApiKeyCreated, access.ApiKeyRevoked, network.NetworkCommandFinished, *RUNNER_EVENTS), FOREVER,
    scale="single", meaning="API keys by their hashes, created and revoked",
)  # fmt: skip
NETWORK_API_KEY_STATE = Topic(
    "network.api_key.state", "state", API_KEY_KEY, "network", "network", ("network",), (), FOREVER, compacted=True,
    scale="single", meaning="snapshots of API keys; private",
)  # fmt: skip
NETWORK_API_KEYS = Topic(
    "network.api_keys", "rows", API_KEY_KEY, "network", "network", ("console",), (access.ApiKeyRow,), FOREVER,
    compacted=True, scale="single", meaning="every API key: its hash, scopes and end",
)  # fmt: skip

DRIVERS_TOKEN_COMMANDS = Topic(
    "drivers.token.commands", "commands", TOKEN_KEY, "drivers", "console, drivers", ("drivers",),
    (drivers.RegisterToken, drivers.BlockToken, drivers.EraseToken, eventlog.ReleaseKey), 7 * DAY_MS,
    meaning="tokens to know, to block or to forget",
)  # fmt: skip
DRIVERS_TOKEN_EVENTS = Topic(
    "drivers.token.events", "events", TOKEN_KEY, "drivers", "drivers", ("session", "console"),
    (
        drivers.TokenRegistered, drivers.TokenErased, drivers.TombstoneRenewed, drivers.DriversCommandFinished,
        *RUNNER_EVENTS,
    ),
    FOREVER, meaning="tokens by reference, without clear values",
)  # fmt: skip
DRIVERS_TOKEN_STATE = Topic(
    "drivers.token.state", "state", TOKEN_KEY, "drivers", "drivers", ("drivers",), (), FOREVER, compacted=True,
    meaning="snapshots of tokens; private",
)  # fmt: skip
DRIVERS_ACCOUNT_COMMANDS = Topic(
    "drivers.account.commands", "commands", ACCOUNT_KEY, "drivers", "console, drivers", ("drivers",),
    (
        accounts.RegisterAccount, accounts.CloseAccount, accounts.EraseAccount, accounts.NoteToken,
        eventlog.ReleaseKey,
    ),
    7 * DAY_MS, meaning="accounts to know, to close or to forget, and which tokens are theirs",
)  # fmt: skip
DRIVERS_ACCOUNT_EVENTS = Topic(
    "drivers.account.events", "events", ACCOUNT_KEY, "drivers", "drivers", ("console",),
    (
        accounts.AccountRegistered, accounts.AccountClosed, accounts.AccountErased, accounts.TokenJoined,
        accounts.TokenLeft, drivers.TombstoneRenewed, drivers.DriversCommandFinished, *RUNNER_EVENTS,
    ),
    FOREVER, meaning="accounts and whose tokens are whose, without clear values",
)  # fmt: skip
DRIVERS_ACCOUNT_STATE = Topic(
    "drivers.account.state", "state", ACCOUNT_KEY, "drivers", "drivers", ("drivers",), (), FOREVER, compacted=True,
    meaning="snapshots of accounts; private",
)  # fmt: skip
DRIVERS_PROFILES = Topic(
    "drivers.profiles", "rows", PERSON_KEY, "drivers", "drivers", ("drivers", "console"),
    (drivers.TokenProfile, accounts.AccountProfile), FOREVER, compacted=True,
    meaning="the personal data: clear values by token_ref or account; a source, erased by tombstone",
    config=(("max.compaction.lag.ms", str(7 * DAY_MS)), ("segment.ms", str(7 * DAY_MS))),
)  # fmt: skip


def _dead(owner: str) -> Topic:
    return Topic(
        f"{owner}.dead", "dead", "the key of the record", owner, owner, ("console",), (), 90 * DAY_MS, scale="single",
        meaning="records that could not be read, with position and error",
    )  # fmt: skip


STATION_DEAD = _dead("station")
SESSION_DEAD = _dead("session")
NETWORK_DEAD = _dead("network")
DRIVERS_DEAD = _dead("drivers")
CONSOLE_DEAD = _dead("console")

TOPICS: tuple[Topic, ...] = (
    GATEWAY_FRAMES, GATEWAY_DOWNLINK,
    STATION_COMMANDS, STATION_EVENTS, STATION_STATE, STATION_TELEMETRY, STATION_EVIDENCE, STATION_PROFILES,
    SESSION_COMMANDS, SESSION_EVENTS, SESSION_STATE,
    AUTHORIZATION_COMMANDS, AUTHORIZATION_EVENTS, AUTHORIZATION_STATE, SESSION_AUTHORIZATIONS,
    NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS, NETWORK_TENANT_STATE, NETWORK_TENANTS,
    NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS, NETWORK_STATION_STATE, NETWORK_STATIONS,
    NETWORK_LOCATION_COMMANDS, NETWORK_LOCATION_EVENTS, NETWORK_LOCATION_STATE, NETWORK_LOCATIONS,
    NETWORK_ORGANISATION_COMMANDS, NETWORK_ORGANISATION_EVENTS, NETWORK_ORGANISATION_STATE, NETWORK_ORGANISATIONS,
    NETWORK_IDENTITY_COMMANDS, NETWORK_IDENTITY_EVENTS, NETWORK_IDENTITY_STATE, NETWORK_IDENTITIES,
    NETWORK_ROUTE_COMMANDS, NETWORK_ROUTE_EVENTS, NETWORK_ROUTE_STATE, NETWORK_ROUTES,
    NETWORK_IMPORT_COMMANDS, NETWORK_IMPORT_EVENTS, NETWORK_IMPORT_STATE, NETWORK_IMPORTS,
    NETWORK_API_KEY_COMMANDS, NETWORK_API_KEY_EVENTS, NETWORK_API_KEY_STATE, NETWORK_API_KEYS,
    DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, DRIVERS_TOKEN_STATE,
    DRIVERS_ACCOUNT_COMMANDS, DRIVERS_ACCOUNT_EVENTS, DRIVERS_ACCOUNT_STATE, DRIVERS_PROFILES,
    STATION_DEAD, SESSION_DEAD, NETWORK_DEAD, DRIVERS_DEAD, CONSOLE_DEAD,
)  # fmt: skip

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
