"""`/api/v1/commands`: what became of a command."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from volt_console.access.admission import ToImport, ToSee
from volt_console.api.answers import COMMAND, PENDING
from volt_console.api.asked import PROBLEMS, Name, fresh
from volt_console.asking import CommandResult, result_of
from volt_console.queries import commands
from volt_console.views import AUDIT_TRAIL, COMMAND_OUTCOMES, IMPORTED
from volt_console.web.problems import unknown
from volt_contracts import imports

Line = Annotated[int, Path(ge=0, le=2**63 - 1, description="As the import's `/rows` name it.")]


def router() -> APIRouter:
    """The operations on commands."""
    routes = APIRouter(prefix="/commands", tags=["commands"], responses=PROBLEMS)

    @routes.get("/{command_id}", dependencies=[Depends(fresh(COMMAND_OUTCOMES, AUDIT_TRAIL))], **COMMAND)
    async def get_command(console: ToSee, command_id: Name, response: Response) -> CommandResult:
        """The outcome of a command, whatever it was about; 202 while there is none."""
        found = await commands.command(console.database, console.tenant, command_id)
        if found is None and not console.commander.was_sent(console.tenant, command_id):
            raise unknown("command", command_id)
        result = CommandResult(command_id=command_id) if found is None else result_of(found)
        if result.outcome is None:
            response.status_code = PENDING
        return result

    @routes.get("/{import_id}/{line}", dependencies=[Depends(fresh(IMPORTED, COMMAND_OUTCOMES))])
    async def get_command_of_row(console: ToImport, import_id: Name, line: Line) -> CommandResult:
        """The outcome of the command that one row of an import became, for 30 days."""
        found = await commands.command_of_row(console.database, console.tenant, import_id, line)
        if found is None:
            raise unknown("command", imports.command_id(import_id, line))
        return result_of(found)

    return routes
