"""The audit trail's lines: whose they are, and what a spreadsheet makes of them."""

import pytest
from unit.console.console_log import Log
from unit.console.console_story import Charger, command

from volt_console.api.audit import harmless
from volt_console.views import AUDIT_TRAIL
from volt_console.views.audit_trail import KINDS
from volt_contracts import addresses, codec, network
from volt_contracts.ids import route_key
from volt_contracts.message import Outcome
from volt_contracts.topics import NETWORK_ROUTE_EVENTS, TOPICS


def test_every_events_topic_with_outcomes_of_commands_is_in_the_trail() -> None:
    having = {
        topic
        for topic in TOPICS
        if topic.kind == "events" and any(issubclass(kind, Outcome) for kind in codec.types_of(topic).values())
    }
    assert having == set(KINDS)


def test_an_outcome_is_a_line() -> None:
    log = Log()
    command_id = command(Charger(log, "CP-1"), "Reset", "rejected", "it is busy")
    (statement,) = AUDIT_TRAIL.apply([message for message in log.messages if message.topic in AUDIT_TRAIL.topics])
    line = {name: values[0] for name, values in statement.params.items()}
    assert (line["tenant"], line["entity"], line["command_id"]) == ("demo", log.uid("CP-1"), command_id)
    assert (line["outcome"], line["sentence"], line["entity_kind"]) == ("rejected", "it is busy", "station")


def test_an_address_is_in_the_trail_of_its_tenant() -> None:
    log = Log()
    configured = addresses.RouteConfigured(version=1, path="/old/", tenant="demo", actor="operator:ada", at=log.now)
    key = route_key(None, "/old/")
    fact = log.append(NETWORK_ROUTE_EVENTS, "", configured, key=key)
    done = network.NetworkCommandFinished(
        command_id="c", outcome="accepted", command="network.configure_route.v1", actor="operator:ada", at=log.now
    )
    outcome = log.append(NETWORK_ROUTE_EVENTS, "", done, key=key)
    (statement,) = AUDIT_TRAIL.apply([fact, outcome])
    assert statement.params["tenant"] == ["demo"]
    assert statement.params["command"] == ["network.configure_route.v1"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("plain") == "plain"
    assert harmless(None) == ""
