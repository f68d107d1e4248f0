"""The verdict on a token: looked up in what `session` has published, never decided here.

A retry repeats the first verdict; a grant of a remote start is enough alone; expiry is judged at the moment of asking
(OCPP 1.6 §5.2, OCPP 2.0.1 part 2, C01).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from volt_contracts.gateway import Decision, Grant, Verdict, VerdictSource
from volt_contracts.ids import entity_key
from volt_contracts.session import AuthorizationRow, Issuer
from volt_gateway.stations import PublicTable


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, where it came from, and what goes out with it."""

    verdict: Verdict
    source: VerdictSource
    token_ref: str | None = None
    group_ref: str | None = None
    valid_until: datetime | None = None
    grant: Grant | None = None

    def decision(self, transaction_id: int | None = None) -> Decision:
        """The fact that this verdict went out."""
        return Decision(
            verdict=self.verdict,
            verdict_source=self.source,
            token_ref=self.token_ref,
            group_ref=self.group_ref,
            valid_until=self.valid_until,
            transaction_id=transaction_id,
            grant=self.grant,
        )


@dataclass(frozen=True, slots=True)
class Presented:
    """A token that was held up: at which EVSE (None when the message does not say), and when."""

    tenant: str
    token_ref: str
    at: datetime
    evse: int | None = None
    grants: tuple[Grant, ...] = ()
    """Those that are held for this link."""


class Authorizations:
    """Verdicts from `session.authorizations`."""

    def __init__(self, rows: PublicTable) -> None:
        self._rows = rows

    def look_up(self, token: Presented, *, live_start: bool = False) -> Judgement | None:
        """The verdict, or None for a token that no row is there for.

        `live_start`: a transaction starts now, so that a token which is in use elsewhere may be refused. It is never
        refused for that on Authorize, on a retry, or for a start that happened while the station was offline.
        """
        row: AuthorizationRow | None = self._rows.get(entity_key(token.tenant, token.token_ref))
        grants = token.grants if row is None else (*token.grants, *row.grants)
        grant = _usable(grants, token)
        if grant is not None:
            return Judgement("Accepted", "grant", token.token_ref, grant=grant, valid_until=None)
        if row is None or not row.issuers:
            return None
        return _judge(row, token, live_start)


def _judge(row: AuthorizationRow, token: Presented, live_start: bool) -> Judgement:
    issuer, verdict = _preferred(row.issuers, token.at)
    if verdict == "Accepted" and live_start and row.active and row.concurrent == "refused":
        return Judgement("ConcurrentTx", "concurrent", token.token_ref, issuer.group_ref, issuer.valid_until)
    return Judgement(verdict, "authorizations", token.token_ref, issuer.group_ref, issuer.valid_until)


def _preferred(issuers: Iterable[Issuer], at: datetime) -> tuple[Issuer, Verdict]:
    """The first issuer that accepts the token; when none does, the first one's word."""
    words = [(issuer, _at(issuer, at)) for issuer in issuers]
    return next((word for word in words if word[1] == "Accepted"), words[0])


def _at(issuer: Issuer, at: datetime) -> Verdict:
    if issuer.verdict == "Accepted" and issuer.valid_until is not None and issuer.valid_until <= at:
        return "Expired"
    return issuer.verdict


def _usable(grants: Iterable[Grant], token: Presented) -> Grant | None:
    """The grant that this token may use here. Without an EVSE in the message, any EVSE's grant will do."""
    for grant in grants:
        here = grant.evse is None or token.evse is None or grant.evse == token.evse
        if grant.token_ref == token.token_ref and here and grant.valid_until > token.at:
            return grant
    return None
