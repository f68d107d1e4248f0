"""What may be done here, and which role may do it: the one table of roles and rights."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Right = Literal[
    "see",
    "raw_frames",
    "command",
    "onboard",
    "tokens",
    "imports",
    "dead_letters",
    "settings",
    "keys",
    "audit",
    "finance",
]
Role = Literal["viewer", "operator", "admin", "finance"]

RIGHTS: Mapping[Right, str] = {
    "see": "see stations, visits and commands",
    "raw_frames": "open messages as they were on the wire",
    "command": "send commands to stations",
    "onboard": "let stations in and give them passwords",
    "tokens": "keep charging cards and other tokens",
    "imports": "import stations and tokens",
    "dead_letters": "look at what could not be handled, and release it",
    "settings": "change the network's settings",
    "keys": "create and revoke API keys",
    "audit": "read the audit trail",
    "finance": "see tariffs, invoices and the ledger",
}
"""Every right in plain words."""

ROLES: Mapping[Role, frozenset[Right]] = {
    "viewer": frozenset({"see"}),
    "operator": frozenset({"see", "raw_frames", "command", "onboard", "tokens", "imports", "dead_letters"}),
    "finance": frozenset({"see", "finance"}),
    "admin": frozenset(get_args(Right)),
}


def known_roles(names: Iterable[str]) -> frozenset[Role]:
    """Those of the names that are roles here."""
    wanted = set(names)
    return frozenset(role for role in ROLES if role in wanted)


def known_rights(names: Iterable[str]) -> frozenset[Right]:
    """Those of the names that are rights here: a key may bear the name of one that is no more."""
    wanted = set(names)
    return frozenset(right for right in RIGHTS if right in wanted)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """All that these roles may do."""
    return frozenset[Right]().union(*(ROLES[role] for role in roles))
