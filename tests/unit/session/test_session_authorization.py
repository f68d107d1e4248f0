"""The decider of verdicts: issuers, uses and grants of one token."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from unit.session.session_story import NOON, Life, Rows, at

from volt_contracts import drivers
from volt_contracts.gateway import Grant, Verdict
from volt_contracts.message import Actor
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.session import (
    AuthorizationDecided,
    AuthorizationRow,
    Authorize,
    GrantNoted,
    GrantsExpired,
    IssuerChanged,
    NoteGrant,
    NoteUse,
    UseNoted,
)
from volt_contracts.topics import AUTHORIZATION_COMMANDS, DRIVERS_TOKEN_EVENTS, NETWORK_TENANTS, SESSION_AUTHORIZATIONS
from volt_session.decider import AUTHORIZATION
from volt_session.domain.authorization import ACTIVE_AT_MOST

KEY = "demo/tag-1"
GATEWAY = Actor(kind="system", id="gateway")


class Token(Life):
    """One token's life."""

    def __init__(self, tables: Rows | None = None) -> None:
        super().__init__(AUTHORIZATION, KEY, tables or Rows())

    def register(self, minute: float = 0, **said: Any) -> None:
        """Its issuer speaks."""
        defaults: dict[str, Any] = {
            "version": 1, "token_ref": "tag-1", "token_type": "rfid", "status": "accepted", "issuer": "demo",
            "contract_ref": "c-1", "actor": "operator:o", "at": at(minute),
        }  # fmt: skip
        self.hear(DRIVERS_TOKEN_EVENTS, drivers.TokenRegistered(**{**defaults, **said}), at(minute))

    def erase(self, minute: float) -> None:
        """Its clear value is forgotten."""
        fact = drivers.TokenErased(version=2, token_ref="tag-1", actor="operator:o", at=at(minute))
        self.hear(DRIVERS_TOKEN_EVENTS, fact, at(minute))

    def ask(self, minute: float = 1, evse: int | None = None) -> AuthorizationDecided:
        """A gateway asks."""
        command = Authorize(actor=GATEWAY, station_uid="st-1", identity="CP1", evse=evse)
        (decided,) = self.hear(AUTHORIZATION_COMMANDS, command, at(minute), id=f"ask-{minute}")
        assert isinstance(decided, AuthorizationDecided)
        return decided

    def use(self, minute: float, uid: str = "tx-1", running: bool = True) -> list[Any]:
        """A transaction starts or ends on it."""
        command = NoteUse(actor=GATEWAY, transaction_uid=uid, running=running, at=at(minute))
        return self.hear(AUTHORIZATION_COMMANDS, command, at(minute))

    def grant(self, minute: float, until: float, command_id: str = "c-1", evse: int | None = 1) -> list[Any]:
        """A remote start awaits it."""
        grant = Grant(token_ref="tag-1", command_id=command_id, valid_until=at(until), evse=evse, remote_start_id=7)
        return self.hear(AUTHORIZATION_COMMANDS, NoteGrant(actor=GATEWAY, grant=grant), at(minute))

    def row(self) -> AuthorizationRow | None:
        """What is published of it."""
        row = AUTHORIZATION.public(self.key, self.kept.state)[SESSION_AUTHORIZATIONS]
        assert row is None or isinstance(row, AuthorizationRow)
        return row


def published(token: Token) -> AuthorizationRow:
    """The row that is there."""
    row = token.row()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("accepted", "Accepted"), ("blocked", "Blocked"), ("lost", "Blocked"), ("no_credit", "NoCredit")],
)
def test_the_issuers_word_is_published_and_decides(status: drivers.TokenStatus, verdict: Verdict) -> None:
    token = Token()
    token.register(status=status, group_ref="g-1")
    assert [(issuer.issuer, issuer.verdict, issuer.contract_ref) for issuer in published(token).issuers] == [
        ("demo", verdict, "c-1")
    ]
    decided = token.ask()
    assert (decided.command_id, decided.outcome, decided.verdict) == ("ask-1", "accepted", verdict)
    assert (decided.group_ref, decided.station_uid, decided.at) == ("g-1", "st-1", at(1))


def test_expiry_is_judged_when_it_is_asked() -> None:
    token = Token()
    token.register(valid_until=at(5))
    assert token.ask(4).verdict == "Accepted"
    assert token.ask(5).verdict == "Expired"
    assert (published(token).issuers[0].verdict, published(token).issuers[0].valid_until) == ("Accepted", at(5))


def test_several_issuers_stay_in_their_order_and_the_first_that_accepts_decides() -> None:
    token = Token()
    token.register(issuer="a", status="blocked")
    token.register(issuer="b", group_ref="g-b")
    token.register(2, issuer="a", status="no_credit")
    assert [(issuer.issuer, issuer.verdict) for issuer in published(token).issuers] == [
        ("a", "NoCredit"),
        ("b", "Accepted"),
    ]
    assert (token.ask(3).verdict, token.ask(4).group_ref) == ("Accepted", "g-b")
    token.register(5, issuer="b", status="blocked")
    assert token.ask(6).verdict == "NoCredit"


@pytest.mark.parametrize("policy", ["Unknown", "Accepted", "Invalid"])
def test_an_unknown_token_gets_the_tenants_word_and_no_row(policy: Verdict) -> None:
    tables = Rows()
    tables.put(
        NETWORK_TENANTS, "demo/demo", TenantRow(version=1, settings=TenantSettings(name="demo", unknown_token=policy))
    )
    token = Token(tables)
    assert token.ask().verdict == policy
    assert token.row() is None
    assert token.kept.state is None, "a question leaves nothing behind"


def test_an_unknown_token_of_an_unknown_tenant_is_unknown() -> None:
    assert Token().ask().verdict == "Unknown"


def test_the_same_word_again_is_no_event() -> None:
    token = Token()
    token.register()
    token.register(version=2)
    assert len(token.all(IssuerChanged)) == 1


def test_an_erased_token_is_blocked_and_names_no_contract() -> None:
    token = Token()
    token.register(group_ref="g-1", valid_until=at(500), concurrent="refused")
    token.erase(1)
    token.erase(2)
    (issuer,) = published(token).issuers
    assert (issuer.verdict, issuer.contract_ref, issuer.group_ref) == ("Blocked", None, None)
    assert len(token.all(IssuerChanged)) == 2
    assert published(token).concurrent == "refused"


def test_uses_are_noted_once_and_end() -> None:
    token = Token()
    token.register()
    token.use(1)
    assert token.use(2) == []
    assert published(token).active == ("tx-1",)
    token.use(3, running=False)
    assert token.use(4, running=False) == []
    assert published(token).active == ()
    assert [(use.running, use.concurrent) for use in token.all(UseNoted)] == [(True, False), (False, False)]


def test_the_later_of_two_uses_is_marked_where_the_issuer_refuses_it() -> None:
    token = Token()
    token.register(concurrent="refused")
    token.use(1, "tx-1")
    token.use(2, "tx-2")
    assert [use.concurrent for use in token.all(UseNoted)] == [False, True]
    allowed = Token()
    allowed.register()
    allowed.use(1, "tx-1")
    allowed.use(2, "tx-2")
    assert [use.concurrent for use in allowed.all(UseNoted)] == [False, False]


def test_uses_are_bounded_by_count_and_time() -> None:
    token = Token()
    token.register()
    for number in range(ACTIVE_AT_MOST + 5):
        token.use(number, f"tx-{number}")
    assert len(published(token).active) == ACTIVE_AT_MOST
    token.use(60 * 24 * 8, "tx-new")
    assert published(token).active == ("tx-new",)


def test_a_grant_is_enough_at_its_evse_until_it_expires() -> None:
    token = Token()
    token.grant(0, 5, evse=2)
    assert [grant.command_id for grant in published(token).grants] == ["c-1"]
    assert token.ask(1).verdict == "Accepted"
    assert token.ask(2, evse=2).verdict == "Accepted"
    assert token.ask(3, evse=1).verdict == "Unknown"
    token.pass_time(at(5))
    assert (token.last(GrantsExpired).command_ids, token.last(GrantsExpired).at) == (("c-1",), at(5))
    assert token.row() is None
    assert token.kept.state is None


def test_a_grant_overrides_a_refusal_and_is_noted_once() -> None:
    token = Token()
    token.register(status="blocked")
    token.grant(0, 5)
    assert token.grant(0, 5) == []
    assert token.ask(1, evse=1).verdict == "Accepted"
    assert token.grant(6, 5.5) == [], "it is over already"
    assert len(token.all(GrantNoted)) == 1


def test_a_use_alone_publishes_no_row() -> None:
    token = Token()
    token.use(1)
    assert token.row() is None
    token.use(2, running=False)
    assert token.kept.state is None


def test_replay_gives_the_same_state() -> None:
    token = Token()
    token.register(valid_until=NOON + timedelta(days=1))
    token.grant(0, 5)
    token.use(1)
    token.pass_time(at(10))
    token.use(11, running=False)
    token.erase(12)
    assert token.replayed() == token.kept.state
    for length in range(len(token.events)):
        folded = token.replayed(token.events[:length])
        assert folded is None or isinstance(folded, msgspec.Struct)


def test_a_tick_that_is_early_says_nothing() -> None:
    token = Token()
    token.grant(0, 5)
    due = token.deadline()
    assert isinstance(due.at, datetime)
    assert due.at == at(5)
    assert token.pass_time(at(4)) == []
