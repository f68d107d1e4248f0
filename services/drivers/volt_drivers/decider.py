"""The deciders of tokens and accounts. They publish no rows: `session.authorizations` is made of the tokens' events."""

from datetime import datetime

from volt_contracts.topics import (
    DRIVERS_ACCOUNT_COMMANDS,
    DRIVERS_ACCOUNT_EVENTS,
    DRIVERS_ACCOUNT_STATE,
    DRIVERS_DEAD,
    DRIVERS_PROFILES,
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    DRIVERS_TOKEN_STATE,
)
from volt_drivers.domain import account, answers, renewal, token
from volt_drivers.inbox import decide_account, decide_token
from volt_eventlog import answers as memory
from volt_eventlog.decider import Decider
from volt_eventlog.message import Deadline


def deadline(state: token.Token | account.Account | None, _last_input_at: datetime) -> Deadline | None:
    """The one timer: what was erased gets its second tombstone."""
    if isinstance(state, token.Erased | account.Erased):
        return renewal.deadline(state.erased_at, state.renewed)
    return None


TOKEN = Decider(
    owner="drivers",
    name="token",
    inputs=(DRIVERS_TOKEN_COMMANDS,),
    commands=DRIVERS_TOKEN_COMMANDS,
    events=DRIVERS_TOKEN_EVENTS,
    state=DRIVERS_TOKEN_STATE,
    dead=DRIVERS_DEAD,
    state_types=(token.Registered, token.Erased),
    state_version=2,
    decide=decide_token,
    evolve=token.evolve,
    deadline=deadline,
    fold_modules=(token, answers, memory),
    writes=(DRIVERS_PROFILES, DRIVERS_ACCOUNT_COMMANDS),
)

ACCOUNT = Decider(
    owner="drivers",
    name="account",
    inputs=(DRIVERS_ACCOUNT_COMMANDS,),
    commands=DRIVERS_ACCOUNT_COMMANDS,
    events=DRIVERS_ACCOUNT_EVENTS,
    state=DRIVERS_ACCOUNT_STATE,
    dead=DRIVERS_DEAD,
    state_types=(account.Noted, account.Known, account.Erased),
    state_version=1,
    decide=decide_account,
    evolve=account.evolve,
    deadline=deadline,
    fold_modules=(account, answers, memory),
    writes=(DRIVERS_PROFILES, DRIVERS_TOKEN_COMMANDS),
)

DECIDERS = (TOKEN, ACCOUNT)
