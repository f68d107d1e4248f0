"""What requests to the API have in common: names in paths, pages, positions to wait for, idempotency keys."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Header, Path, Query
from pydantic import BaseModel, Field

from volt_console.access.admission import Here
from volt_console.queries.listing import Wanted
from volt_console.web.problems import MEDIA_TYPE, Problem, ProblemDetails
from volt_eventlog.message import Position
from volt_eventlog.view import View

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]

Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Asked(Wanted):
    """What every list can be asked."""

    cursor: Annotated[str | None, Field(max_length=400, description="`next` or `prev` of another page.")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Counted(BaseModel):
    """How many rows a list has; where there are `more`, at least so many."""

    count: int
    more: bool


def counted(found: int, most: int) -> Counted:
    """What a query that counts to `most` and one further has found."""
    return Counted(count=min(found, most), more=found > most)


MinPosition = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=r"^[a-z._]+:[0-9]{1,9}:[0-9]{1,18}$",
        description="`topic:partition:offset`, as an outcome gives it: wait until the answer takes it into account.",
    ),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="The same key gives the same command and the same outcome, however often it is sent.",
    ),
]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with, for the OpenAPI document."""
    sentences = {
        401: "Nobody is signed in, or the key is none.",
        403: "The right to do this is missing.",
        404: "The tenant has no such thing.",
        409: "It does not wait for this.",
        422: "The request is not valid.",
        503: "The log or the database does not answer now.",
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": sentences[status], "content": content} for status in statuses}


PROBLEMS = {**problems(401, 403, 404, 422), 503: {**problems(503)[503], "model": ProblemDetails}}


def fresh(*views: View) -> Callable[[Here, MinPosition], Awaitable[None]]:
    """A dependency that waits until each of `views` that reads its topic has the request's `min_position`."""

    async def wait(console: Here, min_position: MinPosition = None) -> None:
        if min_position is None:
            return
        topic, partition, offset = min_position.split(":")
        readers = [view for view in views if topic in {source.name for source in view.topics}]
        if not readers:
            raise Problem(422, "foreign-position", "Foreign position", f"This answer takes nothing from `{topic}`.")
        position = Position(topic, int(partition), int(offset))
        for view in readers:
            if not await console.views.wait_for(view.name, position, console.settings.fresh_within_s):
                detail = f"The view has not reached {min_position} yet."
                raise Problem(503, "not-yet", "Not yet", detail, headers={"Retry-After": "1"})

    return wait
