"""An organisation: a legal entity that sells energy, or the host of a site."""

from datetime import datetime

import msgspec

from volt_contracts.forms import COUNTRY
from volt_contracts.ids import organisation_uid
from volt_contracts.message import Event
from volt_contracts.network import (
    ConfigureOrganisation,
    NetworkCommandFinished,
    Organisation,
    OrganisationConfigured,
)
from volt_eventlog.answers import Answers, Refused, version_objection
from volt_network.domain.answers import remember
from volt_network.domain.words import id_objection


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organisation as it is now."""

    version: int
    organisation_id: str
    organisation: Organisation
    answers: Answers = ()


def configure(
    known: Known | None, command: ConfigureOrganisation, key: tuple[str, str], at: datetime
) -> tuple[Event, ...] | Refused:
    """Put the document in force; nothing happens when it already is. `key` is the record key's tenant and entity."""
    version = 0 if known is None else known.version
    refused = _objection(command, key) or version_objection(command.expected_version, version)
    if refused is not None:
        return refused
    if known is not None and known.organisation == command.organisation:
        return ()
    return (
        OrganisationConfigured(
            version=version + 1,
            organisation_id=command.organisation_id,
            organisation=command.organisation,
            actor=command.actor.text,
            at=at,
        ),
    )


def evolve(known: Known | None, event: Event) -> Known | None:
    """The organisation after an event of its own."""
    match event:
        case OrganisationConfigured():
            return Known(
                version=event.version,
                organisation_id=event.organisation_id,
                organisation=event.organisation,
                answers=() if known is None else known.answers,
            )
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(known.answers, event))
        case _:
            return known


def _objection(command: ConfigureOrganisation, key: tuple[str, str]) -> Refused | None:
    """The first thing that is wrong with an organisation."""
    organisation = command.organisation
    if key[1] != organisation_uid(key[0], command.organisation_id):
        return Refused(f"the key is not that of the organisation {command.organisation_id!r}")
    if not organisation.name.strip():
        return Refused("an organisation has a name")
    if organisation.country is not None and not COUNTRY.fullmatch(organisation.country):
        return Refused(f"{organisation.country!r} is no country: two capital letters (ISO 3166-1 alpha-2)")
    return id_objection("organisation", command.organisation_id)
