"""A depot in the middle of a working day: twenty stations of several makes, cars coming and going, one fault."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from unit.console.console_log import Log
from unit.console.console_story import Charger, Protocol, Visit, command

MAKES: tuple[tuple[str, str, Protocol], ...] = (
    ("Volterra", "Duo 22", "ocpp1.6"),
    ("Alpitronic", "Hypercharger 150", "ocpp1.6"),
    ("Kempower", "Satellite", "ocpp2.0.1"),
    ("ABB", "Terra AC", "ocpp1.6"),
    ("Siemens", "Sicharge D", "ocpp2.1"),
)

TOKENS = ("kq3m7z2vxa5ndw4t6yhbr2cgfe3jlsup", "p7fqzv3c2mnk4rwx5t6ybd2haejl3gsu", "c5ndw4txa7z2vkq3m6yhbr2cgfe3jlsu")


def depot(begin: datetime | None = None) -> Log:
    """The log of the depot's day so far; it ends now."""
    log = Log(now=begin or datetime.now(UTC) - timedelta(hours=5))
    chargers = [_charger(log, number) for number in range(20)]
    for charger in chargers:
        charger.connect()
        log.wait(1)
        charger.boot()
    _morning(log, chargers)
    _troubles(log, chargers)
    _now(log, chargers)
    return log


def _charger(log: Log, number: int) -> Charger:
    vendor, model, protocol = MAKES[number % len(MAKES)]
    return Charger(log, f"CP-{number + 1:03d}", vendor, model, protocol, connectors=1 if vendor == "ABB" else 2)


def _morning(log: Log, chargers: list[Charger]) -> None:
    """Nine visits that are over."""
    for number, charger in enumerate(chargers[:9]):
        visit = Visit(charger, token_ref=TOKENS[number % 3])
        visit.plug()
        log.wait(20)
        visit.start()
        for minute in range(6):
            visit.meter(7_200 + 3_600 * (number % 4), minutes=2 + number % 3, soc=42 + 5 * minute)
        visit.suspend()
        log.wait(240)
        visit.stop()
        visit.unplug()
        if number % 4 == 1:
            visit.revise(visit.energy + Decimal("12.5"))
        if number % 2:
            visit.finalise()


def _troubles(log: Log, chargers: list[Charger]) -> None:
    """A fault, two stations that are gone, one out of service, some commands."""
    chargers[6].status(2, "Faulted", error="GroundFailure")
    chargers[13].lose_link("silent")
    chargers[17].lose_link()
    chargers[10].status(1, "Unavailable")
    command(chargers[0], "TriggerMessage", "accepted")
    log.wait(30)
    command(chargers[0], "ChangeAvailability", "accepted")
    log.wait(30)
    command(chargers[0], "UnlockConnector", "rejected", "The station refused: a transaction runs.")
    log.now = datetime.now(UTC) - timedelta(minutes=26)


def _now(log: Log, chargers: list[Charger]) -> None:
    """Seven visits that go on, in different situations; the last readings come now."""
    visits = [Visit(charger, token_ref=TOKENS[number % 3]) for number, charger in enumerate(chargers[:5])]
    visits += [Visit(chargers[8], connector=2), Visit(chargers[15])]
    for visit in visits:
        visit.plug()
        log.wait(15)
        if visit is not visits[4]:
            visit.start("Accepted" if visit is not visits[5] else "Blocked")
    for minute in range(12):
        for number, visit in enumerate(visits[:4]):
            watts = (11_040, 143_220, 48_600, 7_380)[number]
            visit.meter(watts, minutes=0.5, soc=None if number == 3 else 31 + 3 * minute + number)
    visits[2].suspend()
