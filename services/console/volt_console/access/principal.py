"""Who a request comes from: one tenant's, with a name for the log and what it may do."""

from dataclasses import dataclass
from datetime import datetime

from volt_console.access.rights import Right, Role, rights_of
from volt_contracts.message import Actor


@dataclass(frozen=True)
class Principal:
    """A person with roles, or a machine with scopes. Every query names its tenant, every command its actor."""

    tenant: str
    actor: Actor
    name: str
    """Shown on the pages, never written to the log."""
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Right] = frozenset()
    until: datetime | None = None
    """When it is nobody any more, unless it comes in again."""
    can_leave: bool = False
    """Whether there is a session to sign out of."""

    @property
    def rights(self) -> frozenset[Right]:
        """All that it may do."""
        return rights_of(self.roles) | self.scopes

    def may(self, right: Right) -> bool:
        """Whether it may do this."""
        return right in self.rights


NOBODY = Principal(tenant="", actor=Actor(kind="system", id="nobody"), name="")
"""Before anybody is known: without a tenant nothing is found, without rights nothing is done."""
