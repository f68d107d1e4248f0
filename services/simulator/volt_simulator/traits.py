"""What kind of station each one is: version, size, habits and faults, drawn once from the fleet's seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Literal

from volt_simulator.measuring import names_of
from volt_simulator.meter import Register
from volt_simulator.models import USUAL, Delays, Measurand, Model

USUAL_MOST_W = 7_360
USUAL_STACK_LEVELS = 10


class StartPoint(StrEnum):
    """When a station opens its transaction (TxStartPoint, OCPP 2.0.1 E01); 1.6 stations do so when energy may flow."""

    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    POWER_PATH_CLOSED = "PowerPathClosed"


Clock = Literal["good", "unset", "off"]


@dataclass(frozen=True, slots=True)
class ClockOff:
    """A clock that was set and is wrong: by some seconds, standing still, or local time that names no zone."""

    offset_s: int = 0
    stuck: bool = False
    without_zone: bool = False


@dataclass(frozen=True, slots=True)
class Faults:
    """The lasting faults of a station. `late_stop_s`: how long after the unplugging its stop message comes about."""

    clock_unset: bool = False
    clock_off: ClockOff | None = None
    session_register: bool = False
    duplicates: bool = False
    duplicate_frames: bool = False
    late_stop_s: float = 0.0
    lost_stop: bool = False
    deaf: bool = False
    frozen: bool = False
    flapping_link: bool = False
    lying_status: bool = False
    stuck_connector: bool = False
    refuses_remote_start: bool = False
    ignores_limits: bool = False
    firmware_loop: bool = False

    @property
    def clock(self) -> Clock:
        """Whether its times can be believed."""
        if self.clock_unset:
            return "unset"
        return "good" if self.clock_off is None else "off"


@dataclass(frozen=True, slots=True)
class Traits:
    """One station's character. A share is a number from 0 to 1. Without a `style` it is one of the usual posts."""

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
    style: Model | None = None

    @property
    def register(self) -> Register:
        """What its meters count."""
        if self.faults.session_register:
            return Register.SESSION
        return Register.LIFETIME if self.style is None else self.style.register

    @property
    def measures(self) -> frozenset[Measurand]:
        """What it reads besides the register."""
        if self.style is not None:
            return self.style.measures
        return USUAL | {"soc"} if self.sends_soc else USUAL

    @property
    def measurands(self) -> str:
        """The same as a configuration lists it; the usual posts list what they could measure."""
        return names_of(USUAL | {"soc"} if self.style is None else self.style.measures)

    @property
    def vendor(self) -> str:
        """The vendor it boots with."""
        return "Voltsim" if self.style is None else self.style.vendor

    @property
    def firmware(self) -> str:
        """The firmware it boots with."""
        if self.style is not None:
            return self.style.firmware
        return "1.6.4" if self.version == "1.6" else "2.4.0"

    @property
    def serial(self) -> str:
        """Its serial number; 1.6 has room for 25 characters."""
        return f"VS{self.station}"[-25:]

    @property
    def phases(self) -> int:
        """Of its supply to a car."""
        return 1 if self.style is None else self.style.phases

    @property
    def most_w(self) -> int:
        """What one EVSE gives at most."""
        return USUAL_MOST_W if self.style is None else self.style.most_w

    @property
    def stack_levels(self) -> int:
        """How many levels of charging profiles it knows, from 0 on."""
        return USUAL_STACK_LEVELS if self.style is None else self.style.stack_levels

    @property
    def plugs(self) -> int:
        """Connectors of each EVSE."""
        return 1 if self.style is None else self.style.plugs

    @property
    def delays(self) -> Delays:
        """How quick it is."""
        return Delays() if self.style is None else self.style.delays

    @property
    def model(self) -> str:
        """The model name it boots with; stations whose register starts at 0 every time are a model of their own."""
        if self.style is not None:
            return self.style.model
        return f"{'Trip' if self.faults.session_register else 'Post'} {self.evses}x22"


def draw_traits(
    station: str,
    version: str,
    faults: Faults,
    same_id_retries: float,
    start_points: tuple[StartPoint, ...],
    dice: Random,
    style: Model | None = None,
) -> Traits:
    """The character of one station; as many dice are thrown with a style as without."""
    points = (StartPoint.POWER_PATH_CLOSED,) if version == "1.6" else start_points
    return Traits(
        station=station,
        version=version,
        evses=_evses(dice.choice((1, 2)), style),
        start_point=dice.choice(points),
        sends_soc=dice.random() < 0.3,
        sends_transaction_data=dice.random() < 0.3,
        boots_on_reconnect=dice.random() < 0.3 and version == "1.6",
        authorizes_remote_starts=dice.random() < 0.5,
        same_id_retries=same_id_retries,
        faults=faults,
        style=style,
    )


def _evses(drawn: int, style: Model | None) -> int:
    return drawn if style is None else style.evses
