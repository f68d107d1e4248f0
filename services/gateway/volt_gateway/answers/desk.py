"""What answer functions look things up in: published tables, what this gateway remembers, and its settings."""

from dataclasses import dataclass, replace
from datetime import datetime

from volt_contracts.gateway import Registration
from volt_gateway.answers.call import Call
from volt_gateway.authorization import Authorizations, Judgement, Presented
from volt_gateway.first_verdicts import FirstVerdicts
from volt_gateway.link import Link
from volt_gateway.settings import GatewaySettings
from volt_gateway.stations import Directory
from volt_ocpp.times import parse_time

_BY_POLICY: dict[str, Registration] = {"adopt": "accepted", "pending": "pending", "refuse": "rejected"}
_TRUSTED_AGE_S = 7 * 86_400
_TRUSTED_LEAD_S = 60


@dataclass(frozen=True, slots=True)
class Desk:
    """Nothing here decides: it finds what others have decided."""

    settings: GatewaySettings
    directory: Directory
    authorizations: Authorizations
    first_verdicts: FirstVerdicts

    def registration(self, link: Link) -> Registration:
        """The answer to a boot: the twin's word, else the network's, else the tenant's policy for unknown stations."""
        known = self.directory.registration(link.key)
        if known is not None:
            return known
        tenant = self.directory.tenant(link.tenant)
        return "rejected" if tenant is None else _BY_POLICY[tenant.unknown_stations]

    def fallback(self, call: Call, token_ref: str | None) -> Judgement:
        """The tenant's answer for a token that nobody knows."""
        tenant = self.directory.tenant(call.link.tenant)
        return Judgement("Unknown" if tenant is None else tenant.unknown_token, "fallback", token_ref)

    def judged(self, call: Call, token: Presented, *, live_start: bool = False) -> Judgement:
        """The verdict on a token that must be answered at once."""
        return self.authorizations.look_up(token, live_start=live_start) or self.fallback(call, token.token_ref)

    def is_live(self, call: Call, timestamp: object) -> bool:
        """Whether this happened just now: only then may a start be refused for a token in use elsewhere."""
        return abs(_age_s(call, timestamp)) <= self.settings.live_start_s

    def has_trusted_clock(self, call: Call, timestamp: object) -> bool:
        """Whether the timestamp can tell two starts apart: one that is stuck or unset cannot."""
        return -_TRUSTED_LEAD_S <= _age_s(call, timestamp) <= _TRUSTED_AGE_S


def repeated(judgement: Judgement) -> Judgement:
    """The same verdict, given again."""
    return replace(judgement, source="repeat")


def _age_s(call: Call, timestamp: object) -> float:
    sent: datetime | None = parse_time(timestamp).value
    return float("inf") if sent is None else (call.received_at - sent).total_seconds()
