"""Station models by the style of their vendors: what they are, what they measure and how quick they are. The vendors
are made up; the styles are those of real ones. `--models` deals them out."""

from dataclasses import dataclass
from typing import Literal

from volt_simulator.meter import Register

Measurand = Literal["power", "current", "phases", "voltage", "soc", "offered"]

NOMINAL_V = 230
NOMINAL_PACK_V = 400


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds of the wall clock between the answer to a command and what it does."""

    profile_s: float = 0.0
    start_s: float = 0.0
    unlock_s: float = 0.0
    reset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of station. `plugs` are the connectors of an EVSE, of which one is in use at a time.

    `most_w` is what one EVSE gives at most, over all `phases`. `measures`: what it reads besides the register;
    `phases` means the current of each phase. `signs`: begin and end of a transaction come as OCMF too.
    """

    name: str
    vendor: str
    model: str
    firmware: str
    versions: tuple[str, ...]
    current: Literal["AC", "DC"]
    most_w: int
    phases: int = 1
    evses: int = 1
    plugs: int = 1
    register: Register = Register.LIFETIME
    measures: frozenset[Measurand] = frozenset()
    signs: bool = False
    delays: Delays = Delays()
    stack_levels: int = 10


USUAL: frozenset[Measurand] = frozenset({"power", "current", "voltage"})
BOTH = ("1.6", "2.0.1")
ALL = ("1.6", "2.0.1", "2.1")
NEW = ("2.0.1", "2.1")

MODELS: tuple[Model, ...] = (
    # Registers only: power has to be worked out of them. One stack level, half a minute to boot.
    Model(
        "wall-1p", "Brunnholt", "Pico 7", "1.3.19", ("1.6",), "AC", 7_360,
        delays=Delays(profile_s=3.0, start_s=2.0, unlock_s=1.0, reset_s=1.0), stack_levels=1,
    ),
    Model(
        "wall-3p", "Ostwendt", "Trio 11", "4.0.2", BOTH, "AC", 11_040, phases=3,
        measures=frozenset({"power", "phases", "voltage"}), delays=Delays(profile_s=1.0, start_s=0.5, reset_s=0.5),
    ),
    Model(
        "post-3p-twin", "Kestrelgate", "Twin 22", "2024.11", ALL, "AC", 22_080, phases=3, evses=2,
        measures=USUAL | {"offered"}, delays=Delays(profile_s=0.5, start_s=0.3, unlock_s=0.5),
    ),
    # Its register begins at 0 in every transaction.
    Model(
        "post-trip", "Halvorund", "Trip 22", "7.1", BOTH, "AC", 22_080, phases=3, register=Register.SESSION,
        measures=USUAL, delays=Delays(profile_s=5.0, start_s=1.0, unlock_s=2.0, reset_s=2.0),
    ),
    # Its register begins at 0 when it boots.
    Model(
        "dc-50", "Nordbolt", "Swift 50", "3.9.0", BOTH, "DC", 50_000, register=Register.BOOT,
        measures=USUAL | {"soc"}, delays=Delays(profile_s=2.0, start_s=3.0, unlock_s=1.0, reset_s=2.0),
    ),
    Model(
        "dc-150", "Meridarc", "Arc 150", "11.2.4", ALL, "DC", 150_000,
        measures=USUAL | {"soc", "offered"}, delays=Delays(profile_s=1.0, start_s=2.0, reset_s=1.0),
    ),
    # Two EVSEs with two connectors each, of which only one can be used at a time.
    Model(
        "dc-hub", "Meridarc", "Hub 2x150", "11.2.4", NEW, "DC", 150_000, evses=2, plugs=2,
        measures=USUAL | {"soc", "offered"}, delays=Delays(profile_s=1.0, start_s=2.0, unlock_s=0.5, reset_s=1.0),
    ),
    # Calibrated for billing by the kWh: every transaction has signed values.
    Model(
        "eichrecht-ac", "Wagmesser", "Saeule 2x22", "2.6.1", ALL, "AC", 22_080, phases=3, evses=2,
        measures=USUAL, signs=True, delays=Delays(profile_s=1.0, start_s=0.5, unlock_s=0.5),
    ),
    # Measures everything that there is a word for.
    Model(
        "lab-3p", "Praezis", "Lab 22", "0.9.7", NEW, "AC", 22_080, phases=3,
        measures=frozenset({"power", "current", "phases", "voltage", "soc", "offered"}), delays=Delays(profile_s=0.2),
    ),
)  # fmt: skip
BY_NAME = {model.name: model for model in MODELS}


def speaking(models: tuple[Model, ...], version: str) -> tuple[Model, ...]:
    """Those of the models that speak a version."""
    return tuple(model for model in models if version in model.versions)
