"""Verdicts from published rows: issuers in order, expiry, grants, tokens in use."""

from datetime import UTC, datetime, timedelta

from unit.gateway.gateway_fakes import FakeTable

from volt_contracts.gateway import Grant
from volt_contracts.session import AuthorizationRow, Issuer
from volt_gateway.authorization import Authorizations, Judgement, Presented
from volt_gateway.first_verdicts import FirstVerdict, FirstVerdicts

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


def looked_up(row: AuthorizationRow | None, token: Presented, *, live_start: bool = False) -> Judgement | None:
    table = FakeTable()
    if row is not None:
        table.put("demo/ref", row)
    return Authorizations(table).look_up(token, live_start=live_start)


def presented(evse: int | None = None, grants: tuple[Grant, ...] = ()) -> Presented:
    return Presented("demo", "ref", NOW, evse, grants)


def issuer(verdict: str = "Accepted", valid_until: datetime | None = None, name: str = "a") -> Issuer:
    return Issuer(issuer=name, token_type="rfid", verdict=verdict, valid_until=valid_until, group_ref=f"g-{name}")  # type: ignore[arg-type]


def grant(evse: int | None = None, valid_until: datetime = LATER, ref: str = "ref") -> Grant:
    return Grant(token_ref=ref, command_id="c1", valid_until=valid_until, evse=evse)


def test_no_row_is_no_verdict() -> None:
    assert looked_up(None, presented()) is None
    assert looked_up(AuthorizationRow(token_ref="ref", issuers=()), presented()) is None


def test_an_issuer_that_accepts_goes_before_one_that_does_not() -> None:
    row = AuthorizationRow(token_ref="ref", issuers=(issuer("Blocked", name="a"), issuer("Accepted", name="b")))
    said = looked_up(row, presented())
    assert said is not None
    assert (said.verdict, said.source, said.group_ref) == ("Accepted", "authorizations", "g-b")
    row = AuthorizationRow(token_ref="ref", issuers=(issuer("Blocked", name="a"), issuer("Invalid", name="b")))
    said = looked_up(row, presented())
    assert said is not None
    assert said.verdict == "Blocked"


def test_expiry_is_judged_when_it_is_asked_for() -> None:
    for until, verdict in ((EARLIER, "Expired"), (NOW, "Expired"), (LATER, "Accepted"), (None, "Accepted")):
        said = looked_up(AuthorizationRow(token_ref="ref", issuers=(issuer(valid_until=until),)), presented())
        assert said is not None
        assert said.verdict == verdict
    said = looked_up(AuthorizationRow(token_ref="ref", issuers=(issuer("Blocked", EARLIER),)), presented())
    assert said is not None
    assert said.verdict == "Blocked"


def test_a_token_in_use_is_refused_on_a_live_start_only_and_where_its_issuer_says_so() -> None:
    row = AuthorizationRow(token_ref="ref", issuers=(issuer(),), active=("t1",), concurrent="refused")
    live, other = looked_up(row, presented(), live_start=True), looked_up(row, presented())
    assert live is not None
    assert (live.verdict, live.source) == ("ConcurrentTx", "concurrent")
    assert other is not None
    assert other.verdict == "Accepted"
    allowed = AuthorizationRow(token_ref="ref", issuers=(issuer(),), active=("t1",))
    said = looked_up(allowed, presented(), live_start=True)
    assert said is not None
    assert said.verdict == "Accepted"


def test_a_grant_is_enough_alone_at_its_evse_and_in_its_time() -> None:
    for held, accepted in (
        (grant(), True), (grant(evse=2), True), (grant(evse=1), False), (grant(valid_until=EARLIER), False),
        (grant(ref="another"), False),
    ):  # fmt: skip
        said = looked_up(None, presented(evse=2, grants=(held,)))
        assert (said is not None) == accepted
        if said is not None:
            assert (said.verdict, said.source, said.grant) == ("Accepted", "grant", held)
    said = looked_up(None, presented(grants=(grant(evse=1),)))
    assert said is not None, "1.6 Authorize names no EVSE"
    row = AuthorizationRow(token_ref="ref", issuers=(issuer("Blocked"),), grants=(grant(evse=2),), active=("t",))
    said = looked_up(row, presented(evse=2), live_start=True)
    assert said is not None
    assert said.source == "grant"


def first(start: object, trusted: bool = True, verdict: str = "Accepted") -> FirstVerdict:
    return FirstVerdict(Judgement(verdict, "authorizations"), start, trusted)  # type: ignore[arg-type]


def test_a_repetition_is_recognised_by_its_whole_start() -> None:
    memory = FirstVerdicts()
    memory.put("s", 7, first(("s", 1, "t")))
    found = memory.get("s", 7, ("s", 1, "t"))
    assert found is not None
    assert memory.get("s", 7, ("s", 2, "t")) is None, "the hash collides, the start is another"
    assert memory.get("s2", 7, ("s", 1, "t")) is None


def test_after_the_end_a_start_with_a_bad_clock_is_another_one() -> None:
    memory = FirstVerdicts()
    memory.put("s", 1, first("a", trusted=True))
    memory.put("s", 2, first("b", trusted=False))
    for number in (1, 2, 3):
        memory.ended("s", number)
    assert memory.get("s", 1, "a") is not None
    assert memory.get("s", 2, "b") is None


def test_the_memory_is_bounded() -> None:
    memory = FirstVerdicts(limit=10)
    for number in range(100):
        memory.put("s", number, first(number))
    assert [number for number in range(100) if memory.get("s", number, number)] == list(range(90, 100))
