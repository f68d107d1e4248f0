"""What an issuer says of somebody, as a principal: tenant, roles, and the one name that goes into the log."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from volt_console.access.errors import BadToken
from volt_console.access.principal import Principal
from volt_console.access.rights import Role, known_roles
from volt_contracts.message import Actor

TENANT = re.compile(r"[A-Za-z0-9._~][A-Za-z0-9._~-]{0,62}")
"""As it stands in record keys and addresses; `-` alone is the key of what belongs to no tenant."""
SUBJECT = re.compile(r"[!-~]{1,255}")
"""OpenID Connect Core 1.0 §2: at most 255 ASCII characters."""
LONGEST_NAME = 80


@dataclass(frozen=True)
class Claims:
    """Where tenant and roles stand in a token, and what the issuer calls our roles."""

    tenant: str
    roles: str
    names: Mapping[str, Role]

    def principal(self, said: Mapping[str, Any], until: datetime | None = None) -> Principal:
        """Whom the claims of a checked token are about.

        Raises:
            BadToken: they name no tenant or no role that there is here.
        """
        subject, tenant = said.get("sub"), _at(said, self.tenant)
        if not isinstance(subject, str) or not SUBJECT.fullmatch(subject):
            raise BadToken("its subject cannot be used")
        if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
            raise BadToken(f"it names no tenant (claim {self.tenant})")
        roles = known_roles(self._translated(_at(said, self.roles)))
        if not roles:
            raise BadToken(f"it gives no role that there is here (claim {self.roles})")
        shown = next((name for name in (said.get("name"), said.get("preferred_username")) if isinstance(name, str)), "")
        return Principal(
            tenant=tenant,
            actor=Actor(kind="operator", id=subject),
            name=shown[:LONGEST_NAME] or subject[:LONGEST_NAME],
            roles=roles,
            until=until or datetime.fromtimestamp(said["exp"], UTC),
        )

    def _translated(self, found: Any) -> list[str]:
        given = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        words = [word for word in given if isinstance(word, str)]
        return [self.names[word] for word in words if word in self.names] if self.names else words


def _at(said: Mapping[str, Any], place: str) -> Any:
    """The claim of this name, or within objects."""
    if place in said:
        return said[place]
    found: Any = said
    for step in place.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
