"""Variables as configuration keys: 1.6 has names, but neither components, instances nor EVSEs."""

from collections.abc import Iterable

from volt_contracts.station import Variable


def key_of(variable: Variable) -> str:
    """The key that a variable has in 1.6."""
    return variable.variable


def lossy_of(variables: Iterable[Variable]) -> tuple[str, ...]:
    """What of the variables a key cannot say."""
    asked = list(variables)
    named = (
        ("component", any(variable.component is not None for variable in asked)),
        ("instance", any(variable.instance is not None for variable in asked)),
        ("evse", any(variable.evse is not None for variable in asked)),
    )
    return tuple(name for name, lost in named if lost)
