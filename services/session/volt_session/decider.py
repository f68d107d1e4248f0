"""The two deciders of the service: visits by station, authorization by token."""

from types import ModuleType

from volt_contracts.codec import type_name
from volt_contracts.topics import (
    AUTHORIZATION_COMMANDS,
    AUTHORIZATION_EVENTS,
    AUTHORIZATION_STATE,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_LOCATIONS,
    NETWORK_STATION_EVENTS,
    NETWORK_STATIONS,
    NETWORK_TENANTS,
    SESSION_AUTHORIZATIONS,
    SESSION_COMMANDS,
    SESSION_DEAD,
    SESSION_EVENTS,
    SESSION_STATE,
    STATION_COMMANDS,
    STATION_EVENTS,
    Topic,
)
from volt_eventlog.decider import Decider
from volt_session.domain import authorization, ending, energy, evolve, session, visit
from volt_session.inbox import AUTHORIZATION_INBOX, SESSION_INBOX, decide_authorization, decide_session

FOLD: tuple[ModuleType, ...] = (evolve, visit, energy, session)


def _unheard(*topics: Topic) -> frozenset[str]:
    """Tags of events that no function listens to; of commands none is left out, the runner has its own among them."""
    heard = {*SESSION_INBOX, *AUTHORIZATION_INBOX}
    return frozenset(type_name(kind) for topic in topics for kind in topic.types if kind not in heard)


SESSION = Decider(
    owner="session",
    name="session",
    inputs=(STATION_EVENTS, SESSION_COMMANDS, NETWORK_STATION_EVENTS),
    commands=SESSION_COMMANDS,
    events=SESSION_EVENTS,
    state=SESSION_STATE,
    dead=SESSION_DEAD,
    state_types=(session.SessionState,),
    state_version=1,
    decide=decide_session,
    evolve=evolve.evolve,
    fold_modules=FOLD,
    deadline=ending.deadline,
    tables=(NETWORK_STATIONS, NETWORK_LOCATIONS, NETWORK_TENANTS, SESSION_AUTHORIZATIONS),
    writes=(STATION_COMMANDS, AUTHORIZATION_COMMANDS),
    ignores=_unheard(STATION_EVENTS, NETWORK_STATION_EVENTS),
)

AUTHORIZATION = Decider(
    owner="session",
    name="authorization",
    inputs=(AUTHORIZATION_COMMANDS, DRIVERS_TOKEN_EVENTS),
    commands=AUTHORIZATION_COMMANDS,
    events=AUTHORIZATION_EVENTS,
    state=AUTHORIZATION_STATE,
    dead=SESSION_DEAD,
    state_types=(authorization.AuthorizationState,),
    state_version=1,
    decide=decide_authorization,
    evolve=authorization.evolve,
    fold_modules=(authorization,),
    public=authorization.public,
    deadline=authorization.deadline,
    tables=(NETWORK_TENANTS,),
    writes=(SESSION_AUTHORIZATIONS,),
    ignores=_unheard(DRIVERS_TOKEN_EVENTS),
)
