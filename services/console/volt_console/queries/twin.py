"""What is known of one station beyond its lists: its links, the variables that it told, and when it was refused."""

from datetime import datetime

from pydantic import BaseModel

from volt_console.queries.database import Database
from volt_console.reasons import WORDS, Reason


class Link(BaseModel):
    """A connection, and how it ended; without `lost_at` it is up, or its end is not on record."""

    link_id: str
    up_at: datetime | None
    lost_at: datetime | None
    cause: str | None
    code: int | None
    """The WebSocket's close code."""
    protocol: str | None
    remote_address: str | None
    gateway_id: str | None
    security_profile: int | None


class Variable(BaseModel):
    """A variable of the device model, or a key of 1.6, as the station told it last; `component` is empty for 1.6."""

    component: str
    variable: str
    value: str | None
    told_at: datetime


class Refusal(BaseModel):
    """Why a station was not let in, how often in the last 30 days, and what it was told last."""

    reason: Reason
    count: int
    first_at: datetime
    last_at: datetime
    sentence: str | None

    @property
    def title(self) -> str:
        """The reason in a few words."""
        return WORDS[self.reason].title


class Twin(BaseModel):
    """All of these."""

    links: list[Link]
    variables: list[Variable]
    refusals: list[Refusal]


MOST_LINKS = 20
MOST_VARIABLES = 500

_LINKS = """
    SELECT link_id, up_at, lost_at, cause, code, protocol, remote_address, gateway_id, security_profile
    FROM console.station_links WHERE tenant = %(tenant)s AND station_uid = %(uid)s AND up_at IS NOT NULL
    ORDER BY up_at DESC, link_id LIMIT %(links)s
"""

_VARIABLES = """
    SELECT component, variable, value, told_at
    FROM console.station_variables WHERE tenant = %(tenant)s AND station_uid = %(uid)s
    ORDER BY component, variable LIMIT %(variables)s
"""

_REFUSALS = """
    SELECT reason, sum(count)::bigint AS count, min(first_at) AS first_at, max(last_at) AS last_at,
           (array_agg(sentence ORDER BY day DESC))[1] AS sentence
    FROM console.refused_stations WHERE tenant = %(tenant)s AND station_uid = %(uid)s
    GROUP BY reason ORDER BY max(last_at) DESC
"""


async def twin(database: Database, tenant: str, uid: str) -> Twin:
    """What is known of the tenant's station."""
    names = {"tenant": tenant, "uid": uid, "links": MOST_LINKS, "variables": MOST_VARIABLES}
    return Twin(
        links=await database.all(Link, _LINKS, names),
        variables=await database.all(Variable, _VARIABLES, names),
        refusals=await database.all(Refusal, _REFUSALS, names),
    )
