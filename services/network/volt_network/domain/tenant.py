"""A tenant: one configuration after another. Nothing else is known of it before the first."""

import re
from datetime import datetime

import msgspec

from volt_contracts.forms import COUNTRY, HIGHEST_SECURITY_PROFILE, PROTOCOLS
from volt_contracts.message import Event
from volt_contracts.network import ConfigureTenant, NetworkCommandFinished, TenantConfigured, TenantSettings
from volt_eventlog.answers import Answers, Refused
from volt_network.domain.answers import remember


class Configured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tenant with settings in force."""

    version: int
    settings: TenantSettings
    answers: Answers = ()


Tenant = Configured


def configure(
    tenant: Tenant | None, command: ConfigureTenant, key: tuple[str, str], at: datetime
) -> tuple[Event, ...] | Refused:
    """Put the settings in force; nothing happens when they already are. `key` is the record key's tenant and entity."""
    refused = _objection(command.settings, key)
    if refused is not None:
        return refused
    if tenant is not None and tenant.settings == command.settings:
        return ()
    version = 1 if tenant is None else tenant.version + 1
    return (TenantConfigured(version=version, settings=command.settings, actor=command.actor.text, at=at),)


def evolve(tenant: Tenant | None, event: Event) -> Tenant | None:
    """The tenant after an event of its own."""
    match event:
        case TenantConfigured():
            answers = () if tenant is None else tenant.answers
            return Configured(version=event.version, settings=event.settings, answers=answers)
        case NetworkCommandFinished() if tenant is not None:
            return msgspec.structs.replace(tenant, answers=remember(tenant.answers, event))
        case _:
            return tenant


def profile_objection(profile: int) -> Refused | None:
    """Why a number is no OCPP security profile (OCPP 1.6 security whitepaper §2)."""
    if 0 <= profile <= HIGHEST_SECURITY_PROFILE:
        return None
    return Refused(f"there is no security profile {profile}: it is 0 to {HIGHEST_SECURITY_PROFILE}")


def protocol_objection(protocol: str | None) -> Refused | None:
    """Why a text is no OCPP subprotocol."""
    if protocol is None or protocol in PROTOCOLS:
        return None
    return Refused(f"there is no protocol {protocol!r}: it is one of {', '.join(PROTOCOLS)}")


def _objection(settings: TenantSettings, key: tuple[str, str]) -> Refused | None:
    """The first thing that is wrong with the settings."""
    if key[0] != key[1] or not key[0]:
        return Refused(f"the key of a tenant is its name twice, not {key[0]}/{key[1]}")
    if settings.settlement_delay_s < 0:
        return Refused("the settlement delay is a number of seconds from 0 on")
    if settings.country is not None and not COUNTRY.fullmatch(settings.country):
        return Refused(f"{settings.country!r} is no country: two capital letters (ISO 3166-1 alpha-2)")
    if settings.party is not None and not re.fullmatch("[A-Z0-9]{3}", settings.party):
        return Refused(f"{settings.party!r} is no party: three capital letters or digits (OCPI party_id)")
    return profile_objection(settings.security_profile) or protocol_objection(settings.default_protocol)
