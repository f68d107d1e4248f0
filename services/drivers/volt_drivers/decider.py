"""The decider of tokens. It publishes no row: `session.authorizations` is made of its events."""

from volt_contracts.drivers import DriversCommandFinished
from volt_contracts.topics import (
    DRIVERS_DEAD,
    DRIVERS_PROFILES,
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    DRIVERS_TOKEN_STATE,
)
from volt_drivers.domain import answers, token
from volt_drivers.inbox import TOKEN_INBOX
from volt_eventlog import answers as memory
from volt_eventlog.answering import answering
from volt_eventlog.decider import Decider

TOKEN = Decider(
    owner="drivers",
    name="token",
    inputs=(DRIVERS_TOKEN_COMMANDS,),
    commands=DRIVERS_TOKEN_COMMANDS,
    events=DRIVERS_TOKEN_EVENTS,
    state=DRIVERS_TOKEN_STATE,
    dead=DRIVERS_DEAD,
    state_types=(token.Registered, token.Erased),
    state_version=1,
    decide=answering(TOKEN_INBOX, DriversCommandFinished),
    evolve=token.evolve,
    fold_modules=(token, answers, memory),
    writes=(DRIVERS_PROFILES,),
)
