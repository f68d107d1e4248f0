"""What is said when an id has not the form that ids have."""

from volt_contracts.forms import LONGEST_ID, is_id
from volt_eventlog.answers import Refused


def id_objection(noun: str, text: str) -> Refused | None:
    """Why a text is no id of a location or organisation."""
    if is_id(text):
        return None
    return Refused(f"the id of a {noun} has 1 to {LONGEST_ID} printable characters without blank and slash")
