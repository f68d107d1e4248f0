"""How a service tells the supervisor that it exists: what its entry point in `voltlog.services` names."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """A process of the local stack. `port_env` names the variable that its public port is given in."""

    name: str
    module: str
    workers: int = 1
    after: tuple[str, ...] = ()
    url: str | None = None
    """What people connect to; `{port}` stands for the port."""
    port_env: str | None = None
    default_port: int | None = None
    local: Mapping[str, str] = field(default_factory=dict)
    """Variables that it is given in the local stack, unless the operator has set them himself."""
