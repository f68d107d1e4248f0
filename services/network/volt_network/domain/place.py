"""A station's place: what was said of it, completed by what is known and then by what its tenant says of everything."""

from typing import Any

import msgspec

from volt_contracts.network import TenantSettings
from volt_contracts.session import Meter, Place


def completed(said: Place, known: Place | None, tenant: TenantSettings, version: int) -> Place:
    """The place with every null filled in, first from what is known already, then from the tenant's settings.

    `version` becomes its `network_version`; one that the sender wrote there means nothing.
    """
    of_tenant = Place(
        party=tenant.party, country=tenant.country, legal_entity=tenant.legal_entity, time_zone=tenant.time_zone
    )
    layers = (said, of_tenant) if known is None else (said, known, of_tenant)
    fields = {name: _first(name, layers) for name in Place.__struct_fields__}
    return msgspec.structs.replace(Place(**fields), network_version=version)


def _first(name: str, layers: tuple[Place, ...]) -> Any:
    """The first layer that says something; a meter says something when it is not the empty one."""
    silent = (None, Meter())
    for layer in layers:
        value = getattr(layer, name)
        if value not in silent:
            return value
    return getattr(layers[0], name)
