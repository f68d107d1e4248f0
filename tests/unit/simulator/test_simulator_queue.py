"""The transaction message queue and the order in which a station speaks."""

from hypothesis import given
from hypothesis import strategies as st

from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.queue import RetryRule, TransactionMessage, TransactionQueue
from volt_simulator.wire import Request

RULE = RetryRule(attempts=3, interval_s=10.0)
DISCARDING = RetryRule(attempts=3, interval_s=10.0, discards=True)


def message(name: str, gone: list[str] | None = None) -> TransactionMessage:
    lost = gone if gone is not None else []
    return TransactionMessage(name, dict, lambda answer: None, lambda: lost.append(name))


def call(name: str, said: list[str], urgent: bool = False, before_boot: bool = False) -> PassingCall:
    return PassingCall(Request(name, {}), lambda answer: None, said.append, urgent, before_boot)


def action(outbox: Outbox, now: float) -> str | None:
    match outbox.next(now):
        case TransactionMessage() as found:
            return found.action
        case PassingCall() as found:
            return found.request.action
    return None


def online(rule: RetryRule = RULE) -> Outbox:
    outbox = Outbox(rule)
    outbox.registered = True
    outbox.link_up()
    return outbox


def test_the_wait_grows_with_every_attempt() -> None:
    queue = TransactionQueue(RULE)
    queue.put(message("Start"))
    waits = []
    for _ in range(5):
        assert not queue.failed(now=100.0)
        head = queue.head()
        assert head is not None
        waits.append(head.not_before - 100.0)
    assert waits == [10.0, 20.0, 30.0, 30.0, 30.0]


def test_only_a_station_that_discards_gives_an_unanswered_message_up() -> None:
    gone: list[str] = []
    queue = TransactionQueue(DISCARDING)
    queue.put(message("Start", gone))
    queue.put(message("Stop", gone))
    assert [queue.failed(now=1.0) for _ in range(3)] == [False, False, True]
    assert gone == ["Start"]
    head = queue.head()
    assert head is not None
    assert (head.action, head.attempts) == ("Stop", 0)


def test_a_message_answered_with_errors_is_given_up_by_every_station() -> None:
    gone: list[str] = []
    queue = TransactionQueue(RULE)
    queue.put(message("Stop", gone))
    assert [queue.failed(1.0, refused=True) for _ in range(3)] == [False, False, True]
    assert gone == ["Stop"]


def test_a_new_link_begins_the_attempt_again_at_once() -> None:
    outbox = online()
    outbox.keep(message("Start"))
    outbox.queue.failed(now=100.0)
    assert action(outbox, 101.0) is None
    assert outbox.due_at() == 110.0
    outbox.link_down()
    outbox.link_up()
    assert action(outbox, 101.0) == "Start"
    head = outbox.queue.head()
    assert head is not None
    assert head.attempts == 1


@given(st.lists(st.sampled_from(["acknowledged", "failed", "link"]), max_size=40))
def test_nothing_overtakes_the_head(happenings: list[str]) -> None:
    outbox = online()
    for number in range(10):
        outbox.keep(message(str(number)))
    sent: list[str] = []
    now = 0.0
    for what in happenings:
        now += 100.0
        found = action(outbox, now)
        if found is None:
            break
        sent.append(found)
        if what == "acknowledged":
            outbox.queue.acknowledged()
        elif what == "failed":
            outbox.queue.failed(now)
        else:
            outbox.link_down()
            outbox.link_up()
    assert sent == sorted(sent)


def test_a_station_speaks_in_the_order_things_came_about() -> None:
    outbox, said = online(), list[str]()
    outbox.say(call("Preparing", said))
    outbox.keep(message("Start"))
    outbox.say(call("Charging", said))
    outbox.say(call("Authorize", said, urgent=True))
    heard = []
    while (found := outbox.next(1.0)) is not None:
        if isinstance(found, PassingCall):
            outbox.taken(found)
            heard.append(found.request.action)
        else:
            outbox.queue.acknowledged()
            heard.append(found.action)
    assert heard == ["Authorize", "Preparing", "Start", "Charging"]
    assert outbox.is_empty


def test_before_the_registration_only_the_boot_is_said() -> None:
    outbox, said = Outbox(RULE), list[str]()
    outbox.link_up()
    outbox.keep(message("Start"))
    outbox.say(call("Heartbeat", said))
    assert said == ["offline"]
    assert action(outbox, 1.0) is None
    outbox.say(call("BootNotification", said, urgent=True, before_boot=True))
    assert action(outbox, 1.0) == "BootNotification"


def test_passing_calls_end_with_the_link_and_transaction_messages_do_not() -> None:
    outbox, said = online(), list[str]()
    outbox.keep(message("Start"))
    outbox.say(call("Heartbeat", said))
    outbox.link_down()
    assert said == ["offline"]
    assert len(outbox.queue) == 1


def test_passing_calls_go_on_while_a_retry_waits() -> None:
    outbox, said = online(), list[str]()
    outbox.keep(message("Start"))
    outbox.queue.failed(now=1.0)
    outbox.say(call("Heartbeat", said))
    assert action(outbox, 2.0) == "Heartbeat"
