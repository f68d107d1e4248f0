"""How the outcome of a command is answered."""

from typing import Any, TypedDict, TypeVar

from fastapi import Response

from volt_console.asking import CommandResult

R = TypeVar("R", bound=CommandResult)

PENDING = 202


class CommandRoute(TypedDict):
    """What every route of a command says of itself."""

    responses: dict[int | str, dict[str, Any]]


COMMAND: CommandRoute = {
    "responses": {
        200: {"description": "The command has its outcome."},
        PENDING: {"model": CommandResult, "description": "Sent; its outcome will be at the address in Location."},
    }
}


def answer(result: R, response: Response) -> R:
    """200 with the outcome, or 202 and where it will be found."""
    if result.outcome is None:
        response.status_code = PENDING
        response.headers["Location"] = f"/api/v1/commands/{result.command_id}"
    return result
