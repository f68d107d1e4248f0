"""The words that cells may hold, each with the ways in which people write it."""

from collections.abc import Mapping
from typing import Literal, get_args

from volt_contracts.drivers import TokenStatus, TokenType
from volt_contracts.forms import PROTOCOLS
from volt_contracts.gateway import Registration

RegisterKind = Literal["lifetime", "session", "boot", "unknown"]
Metrology = Literal["none", "mid", "eichrecht"]
Format = Literal["socket", "cable"]
PowerType = Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]
OrganisationKind = Literal["legal_entity", "site_host"]

STANDARDS = (
    "CHADEMO", "CHAOJI", *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO"), "GBT_AC", "GBT_DC",
    "IEC_60309_2_single_16", "IEC_60309_2_three_16", "IEC_60309_2_three_32", "IEC_60309_2_three_64",
    "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C",
    "MCS", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50", "NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50",
    "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN", "SAE_J3400", "TESLA_R", "TESLA_S",
)  # fmt: skip
"""OCPI ConnectorType (2.2.1 §8.4.5, with those that 2.3 added)."""


def plain(text: str) -> str:
    """A word without case and without what people put between its parts."""
    return text.lower().replace(" ", "_").replace("-", "_")


def _each(names: tuple[str, ...], **others: str) -> Mapping[str, str]:
    return {plain(name): name for name in names} | others


TOKEN_TYPES = _each(get_args(TokenType))
TOKEN_STATUSES = _each(get_args(TokenStatus), nocredit="no_credit")
REGISTRATIONS = _each(get_args(Registration))
REGISTER_KINDS = _each(get_args(RegisterKind))
METROLOGIES = _each(get_args(Metrology))
FORMATS = _each(get_args(Format))
POWER_TYPES = _each(get_args(PowerType))
ORGANISATION_KINDS = _each(get_args(OrganisationKind))
CONNECTORS = _each(
    STANDARDS,
    type1="IEC_62196_T1",
    type_1="IEC_62196_T1",
    type2="IEC_62196_T2",
    type_2="IEC_62196_T2",
    ccs1="IEC_62196_T1_COMBO",
    ccs_1="IEC_62196_T1_COMBO",
    ccs2="IEC_62196_T2_COMBO",
    ccs_2="IEC_62196_T2_COMBO",
    nacs="SAE_J3400",
)
PROTOCOL_WORDS: Mapping[str, str] = {plain(name): name for name in PROTOCOLS} | {
    spelling: name
    for name in PROTOCOLS
    for number in (name.removeprefix("ocpp"),)
    for spelling in (number, f"{number}j", f"ocpp_{number}", f"ocpp{number}j", f"ocpp_{number}j")
}
