"""A later fact changed what is known of a visit that was over already."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from volt_contracts.ids import entity_key
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.session import Place, SessionRevised, Summary
from volt_contracts.topics import NETWORK_TENANTS
from volt_session.domain.decision import Decision
from volt_session.domain.session import Ended, Open, SessionState, Visit, next_begin
from volt_session.domain.summary import last_sign, missing_of, summarise
from volt_session.domain.visit import as_ended, of_place

GRACE = timedelta(seconds=60)
"""After a complete visit's end, so that its last readings are in."""

Changed = dict[str, msgspec.Raw]
_encoder = msgspec.json.Encoder(decimal_format="string")


def finalise_at(d: Decision, missing: tuple[str, ...]) -> datetime:
    """When a visit that is judged now is finalised: soon when nothing is missing, else after the tenant's delay."""
    if not missing:
        return d.now + GRACE
    row: TenantRow | None = d.tables.get(NETWORK_TENANTS, entity_key(d.tenant, d.tenant))
    settings = TenantSettings(name=d.tenant) if row is None else row.settings
    return d.now + timedelta(seconds=settings.settlement_delay_s)


def end_of(
    state: SessionState, visit: Visit, unplugged_at: datetime | None, next_at: datetime | None = None
) -> datetime:
    """When a visit was over: unplugged, or the last moment at which it is known to have lasted.

    Nobody saw when a car left whose unplugging is not on record: whatever came after the last sign is not its time.
    """
    sign = last_sign(visit)
    if unplugged_at is not None:
        return max(unplugged_at, sign)
    following = next_at or next_begin(state, visit)
    return sign if following is None else max(visit.started_at, min(sign, following))


def revise(
    d: Decision,
    before: Open | Ended,
    reason: str,
    *,
    unplugged_at: datetime | None = None,
    place: Place | None = None,
) -> None:
    """SessionRevised, when the summary, what is missing, or the network's version differs from `before`."""
    visit = _judged(d, d.visit(before.session_id), unplugged_at, place)
    summary, missing = summarise(visit), missing_of(visit)
    old, new = _differences(_told(before), _told(visit))
    if not new:
        return
    completed = isinstance(visit, Ended) and (not missing or not missing_of(before))
    d.emit(
        SessionRevised(
            session_id=visit.session_id,
            revision=visit.revision + 1,
            reason=reason,
            before=old,
            after=new,
            summary=summary,
            place=place,
            finalise_at=finalise_at(d, missing) if completed else None,
            at=d.now,
        )
    )


def revise_ended(d: Decision, before: Open | Ended, reason: str) -> None:
    """The same for a visit that is over; what goes on needs no revision."""
    if isinstance(before, Ended):
        revise(d, before, reason)


def _judged(d: Decision, visit: Open | Ended, unplugged_at: datetime | None, place: Place | None) -> Open | Ended:
    if place is not None:
        visit = replace(visit, **of_place(place))
    if isinstance(visit, Open):
        return visit
    unplugged_at = unplugged_at or visit.unplugged_at
    return as_ended(visit, end_of(d.state, visit, unplugged_at), unplugged_at, visit.finalise_at)


def _told(visit: Visit) -> dict[str, Any]:
    summary: Summary = summarise(visit)
    told = {name: getattr(summary, name) for name in summary.__struct_fields__}
    return {**told, "missing": missing_of(visit), "network_version": visit.network_version}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[Changed, Changed]:
    names = [name for name in after if before[name] != after[name]]
    return {name: _raw(before[name]) for name in names}, {name: _raw(after[name]) for name in names}


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(value))
