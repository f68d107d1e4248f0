"""What kind of station each one is: version, size, habits and faults, drawn once from the fleet's seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from volt_simulator.meter import Register


class StartPoint(StrEnum):
    """When a station opens its transaction (TxStartPoint, OCPP 2.0.1 E01); 1.6 stations do so when energy may flow."""

    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    POWER_PATH_CLOSED = "PowerPathClosed"


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults a station has. `late_stop_s`: how long after the unplugging its stop message comes about."""

    clock_unset: bool = False
    session_register: bool = False
    duplicates: bool = False
    late_stop_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Traits:
    """One station's character. A share is a number from 0 to 1."""

    station: str
    version: str
    evses: int
    start_point: StartPoint
    sends_soc: bool
    sends_transaction_data: bool
    boots_on_reconnect: bool
    authorizes_remote_starts: bool
    same_id_retries: float
    faults: Faults

    @property
    def register(self) -> Register:
        """What its meters count."""
        return Register.SESSION if self.faults.session_register else Register.LIFETIME

    @property
    def model(self) -> str:
        """The model name it boots with; stations whose register starts at 0 every time are a model of their own."""
        return f"{'Trip' if self.faults.session_register else 'Post'} {self.evses}x22"


def draw_traits(
    station: str,
    version: str,
    faults: Faults,
    same_id_retries: float,
    start_points: tuple[StartPoint, ...],
    dice: Random,
) -> Traits:
    """The character of one station."""
    points = (StartPoint.POWER_PATH_CLOSED,) if version == "1.6" else start_points
    return Traits(
        station=station,
        version=version,
        evses=dice.choice((1, 2)),
        start_point=dice.choice(points),
        sends_soc=dice.random() < 0.3,
        sends_transaction_data=dice.random() < 0.3,
        boots_on_reconnect=dice.random() < 0.3 and version == "1.6",
        authorizes_remote_starts=dice.random() < 0.5,
        same_id_retries=same_id_retries,
        faults=faults,
    )
