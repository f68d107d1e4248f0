"""Forms that ids and names of the network have."""

import re

from volt_network.domain.answers import Refused

COUNTRY = re.compile("[A-Z]{2}")
"""ISO 3166-1 alpha-2."""
LONGEST_ID = 36
"""OCPI 2.2.1 §8.3.1: a location's id is a CiString(36)."""
_ID = re.compile(r"[!-.0-~]+")
"""Printable ASCII without blank and slash: it stands in addresses."""


def id_objection(noun: str, text: str) -> Refused | None:
    """Why a text is no id of a location or organisation."""
    if len(text) <= LONGEST_ID and _ID.fullmatch(text):
        return None
    return Refused(f"the id of a {noun} has 1 to {LONGEST_ID} printable characters without blank and slash")
