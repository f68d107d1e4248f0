"""`/api/v1/commands`: what became of a command."""

from fastapi import APIRouter, Depends, Response

from volt_console.access.admission import ToSee
from volt_console.api.answers import COMMAND, PENDING
from volt_console.api.asked import PROBLEMS, Name, fresh
from volt_console.asking import CommandResult, result_of
from volt_console.queries import commands
from volt_console.views import COMMAND_OUTCOMES
from volt_console.web.problems import unknown


def router() -> APIRouter:
    """The operations on commands."""
    routes = APIRouter(prefix="/commands", tags=["commands"], responses=PROBLEMS)

    @routes.get("/{command_id}", dependencies=[Depends(fresh(COMMAND_OUTCOMES))], **COMMAND)
    async def get_command(console: ToSee, command_id: Name, response: Response) -> CommandResult:
        """The outcome of a command; 202 while there is none."""
        found = await commands.command(console.database, console.tenant, command_id)
        if found is None and not console.commander.was_sent(console.tenant, command_id):
            raise unknown("command", command_id)
        result = CommandResult(command_id=command_id) if found is None else result_of(found)
        if result.outcome is None:
            response.status_code = PENDING
        return result

    return routes
