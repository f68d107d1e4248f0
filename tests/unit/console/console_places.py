"""Where stations stand, and what that is called."""

from unit.console.console_log import Log

from volt_contracts import network, session
from volt_contracts.ids import entity_key, location_uid
from volt_contracts.topics import NETWORK_LOCATION_EVENTS


def registered(
    log: Log, identity: str, *, version: int = 1, place: session.Place | None = None
) -> network.StationRegistered:
    """The station is known, at the location that its place says."""
    place = place or session.Place()
    return network.StationRegistered(
        version=version,
        identity=identity,
        security_profile=0,
        registration="accepted",
        place=place,
        location_id=place.location_id,
        actor="operator:anna",
        at=log.now,
    )


def called(log: Log, name: str, version: int) -> None:
    """Somebody gives the location a name."""
    configured = network.LocationConfigured(
        version=version,
        location_id="harbour",
        location=network.Location(name=name),
        actor="operator:anna",
        at=log.now,
    )
    log.append(NETWORK_LOCATION_EVENTS, "-", configured, key=entity_key("demo", location_uid("demo", "harbour")))
