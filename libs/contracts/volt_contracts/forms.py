"""Forms that names and numbers have: deciders refuse others, and whoever checks a file before sending it knows them."""

import re

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
"""Subprotocol names as registered with IANA."""
HIGHEST_SECURITY_PROFILE = 3
"""OCPP 1.6 security whitepaper §2."""
LONGEST_IDENTITY = 255

COUNTRY = re.compile("[A-Z]{2}")
"""ISO 3166-1 alpha-2."""
LONGEST_ID = 36
"""OCPI 2.2.1 §8.3.1: a location's id is a CiString(36)."""
ID = re.compile(r"[!-.0-~]+")
"""Of a location or organisation: printable ASCII without blank and slash, for it stands in addresses."""

MOST_EVSES = 64
MOST_CONNECTORS = 16
LONGEST_EVSE_UID = 36
"""OCPI 2.2.1 §8.3.2: an EVSE's uid is a CiString(36)."""
EVSE_ID = re.compile(r"[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9*]{1,30}")
"""eMI3 standard, part 2, §2.1; also in OCPI 2.2.1 §8.3.2."""

LONGEST_TOKEN = 255
"""The longest idToken of any version (OCPP 2.1, IdTokenType; 1.6 has 20 characters, 2.0.1 has 36)."""


def is_identity(text: str) -> bool:
    """Whether a station can be called so."""
    return bool(text.strip()) and len(text) <= LONGEST_IDENTITY and text.isprintable()


def is_id(text: str) -> bool:
    """Whether a location or organisation can have this id."""
    return len(text) <= LONGEST_ID and ID.fullmatch(text) is not None


def is_evse_uid(text: str) -> bool:
    """Whether an EVSE can have this uid."""
    return 0 < len(text) <= LONGEST_EVSE_UID and text.isprintable()
