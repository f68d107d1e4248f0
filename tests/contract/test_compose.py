"""docker-compose.yml: valid by the published schema, complete, hardened, and in agreement with the code.

No container is started here: what is shown is that the file says what it should.
"""

import importlib
import json
import re
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from contract.compose_file import FILE, ROOT, SERVICES, VARIABLE, document, filled, seconds, services, texts
from unit.console.console_keys import FakeKeyRows

from volt_console.access.opening import door_of
from volt_console.settings import ConsoleSettings
from volt_devstack.kafka_config import server_properties
from volt_devstack.kafka_jars import KAFKA_VERSION
from volt_gateway.settings import GatewaySettings
from volt_runtime.settings import Settings
from volt_testkit.containers import POSTGRES_IMAGE

SCHEMA = json.loads((Path(__file__).parent / "vendored" / "compose-spec.json").read_text(encoding="utf-8"))
BACKING = {"kafka", "postgres"}
COMMANDS = {"topics", "seed", "voltlog"}
LONG_LIVED = sorted(SERVICES | BACKING)
SECRETS = {"POSTGRES_PASSWORD", "VOLT_CONSOLE_DB_PASSWORD", "VOLT_TOKEN_SECRET"}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}")


def errors(found: dict[str, Any]) -> list[str]:
    """What the published schema says of a file."""
    validator = jsonschema_rs.Draft202012Validator(SCHEMA)
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in validator.iter_errors(found)
    ]


def settings_of(name: str) -> type[Settings]:
    """The settings class of a service."""
    module = importlib.import_module(f"volt_{name}.settings")
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Settings)]
    return next(kind for kind in kinds if kind is not Settings)


def variables_of(kind: type[Settings]) -> set[str]:
    """The names in the environment that a settings class reads."""
    return {str(field.validation_alias or f"VOLT_{name.upper()}") for name, field in kind.model_fields.items()}


def test_it_is_valid_by_the_published_schema() -> None:
    assert errors(document()) == []
    broken = document()
    broken["services"]["gateway"]["restarts"] = "always"
    assert errors(broken) != [], "the schema must be able to refuse"


def test_every_service_is_there_and_nothing_unknown() -> None:
    assert set(services()) == SERVICES | BACKING | COMMANDS


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_built_from_its_own_folder(name: str) -> None:
    service = services()[name]
    assert service["image"] == f"voltlog-{name}:{VERSION}", "as `make image` tags it"
    assert service["build"]["dockerfile"] == "deploy/images/Dockerfile"
    assert service["build"]["args"] == {"SERVICE": name, "VERSION": VERSION}
    assert "target" not in service["build"], "the last stage is the service's"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_command_is_built_from_its_stage(name: str) -> None:
    service = services()[name]
    assert service["image"] == f"voltlog:{VERSION}"
    assert service["build"]["target"] == "voltlog"
    assert service["restart"] == "no"


@pytest.mark.parametrize("name", sorted(BACKING))
def test_what_others_made_is_pinned_by_version_and_digest(name: str) -> None:
    assert PINNED.fullmatch(services()[name]["image"])


def test_the_servers_are_those_that_are_tested() -> None:
    assert services()["kafka"]["image"].startswith(f"apache/kafka:{KAFKA_VERSION}@")
    assert services()["postgres"]["image"].startswith(f"{POSTGRES_IMAGE}@")


@pytest.mark.parametrize("name", sorted(SERVICES | BACKING | COMMANDS))
def test_nobody_has_more_rights_than_it_needs(name: str) -> None:
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}, "a log never fills the disk"
    assert service.get("read_only") is (None if name == "kafka" else True)
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert str(service.get("user", "10001")).split(":")[0] not in ("0", "root")


@pytest.mark.parametrize("name", LONG_LIVED)
def test_what_runs_on_is_watched_started_again_and_given_time_to_end(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert seconds(service["healthcheck"]["start_period"]) >= 60
    assert seconds(service["stop_grace_period"]) >= 30


def test_the_gateway_has_time_to_drain() -> None:
    settings = GatewaySettings()
    flush_s = importlib.import_module("volt_gateway.app")._FLUSH_S
    needed = flush_s + settings.drain_over_s + settings.close_timeout_s
    assert seconds(services()["gateway"]["stop_grace_period"]) > needed


def test_everything_waits_for_what_it_needs() -> None:
    found = services()
    for name in SERVICES - {"simulator"} | {"seed", "voltlog"}:
        assert found[name]["depends_on"]["kafka"] == {"condition": "service_healthy"}, name
        assert found[name]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}, name
    assert found["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert found["console"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert found["simulator"]["depends_on"]["gateway"] == {"condition": "service_healthy"}
    waited = {other for service in found.values() for other in service.get("depends_on", {})}
    assert not waited & SERVICES - {"gateway", "network", "drivers"}, "only the fleet and its seed wait for services"


def test_no_network_joins_two_services() -> None:
    """Services meet only in Kafka. A fleet is no part of the house, and reaches the gateway as stations do."""
    networks = {name: set(service["networks"]) for name, service in services().items()}
    for one, other in combinations(sorted(SERVICES), 2):
        joined = networks[one] & networks[other]
        assert joined == ({"fleet"} if (one, other) == ("gateway", "simulator") else set()), (one, other)
    for name in SERVICES - {"simulator"}:
        assert networks[name] & networks["kafka"] == {name}, "a network of its own leads to the broker"
        assert bool(networks[name] & networks["postgres"]) is (name == "console"), name
    assert networks["simulator"] == {"fleet"}
    assert all(not networks[command] & networks[name] for command in COMMANDS for name in SERVICES)
    assert set().union(*networks.values()) == set(document()["networks"])


def test_only_networks_of_one_service_lead_outside() -> None:
    outside = {name for name, network in document()["networks"].items() if not network.get("internal")}
    members = {net: [name for name, service in services().items() if net in service["networks"]] for net in outside}
    assert members == {"chargers": ["gateway"], "operators": ["console"]}


def test_only_what_people_and_stations_connect_to_is_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    gateway, console = (
        GatewaySettings.model_fields["port"].default,
        ConsoleSettings.model_fields["console_port"].default,
    )
    plain = {name: [filled(port, {}) for port in ports] for name, ports in published.items()}
    assert plain == {"gateway": [f"127.0.0.1:{gateway}:{gateway}"], "console": [f"127.0.0.1:{console}:{console}"]}


@pytest.mark.parametrize("name", sorted(SERVICES - {"simulator"}))
def test_every_variable_is_a_setting(name: str) -> None:
    given = set(services()[name]["environment"])
    assert given <= variables_of(settings_of(name))
    assert "KAFKA_BOOTSTRAP_SERVERS" in given


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_variable_of_the_command_is_known(name: str) -> None:
    assert set(services()[name]["environment"]) <= variables_of(Settings) | {"VOLT_TENANT"}


@pytest.mark.parametrize("name", sorted(SERVICES - {"simulator"}))
def test_settings_take_what_they_are_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in services()[name]["environment"].items():
        monkeypatch.setenv(variable, filled(str(value), dict.fromkeys(SECRETS, "f00d")))
    settings = settings_of(name)()
    assert settings.kafka_bootstrap_servers == "kafka:9092"
    assert settings.otlp_endpoint == ""
    if isinstance(settings, ConsoleSettings):
        assert settings.database_url == "postgresql://console:f00d@postgres:5432/console"
        assert settings.station_address == "ws://127.0.0.1:9000"
        assert settings.console_host == "0.0.0.0"
        assert door_of(settings, FakeKeyRows()) is not None, "it starts"
    if isinstance(settings, GatewaySettings):
        assert (settings.host, settings.port, settings.workers) == ("0.0.0.0", 9000, 1)


def _at_hand(name: str) -> bool:
    """Code that runs where the command runs, not in the service."""
    return name.startswith(("seed", "cli"))


def test_the_token_secret_goes_to_those_that_use_it() -> None:
    for name in SERVICES - {"simulator"}:
        code = [path for path in (ROOT / "services" / name).rglob("*.py") if not _at_hand(path.name)]
        uses = any("settings.token_secret" in path.read_text(encoding="utf-8") for path in code)
        assert ("VOLT_TOKEN_SECRET" in services()[name]["environment"]) is uses, name


def test_only_who_has_views_has_a_database() -> None:
    having = {name for name in SERVICES if "DATABASE_URL" in services()[name].get("environment", {})}
    folders = {path.parent.parent.name for path in (ROOT / "services").glob("*/volt_*/views")}
    assert having == folders
    sql = (ROOT / "deploy" / "images" / "roles.sql").read_text(encoding="utf-8")
    assert (
        having == set(re.findall(r"CREATE DATABASE (\w+) OWNER \1;", sql)) == set(re.findall(r"CREATE ROLE (\w+)", sql))
    )
    assert set(re.findall(r"\\getenv \w+ (\w+)", sql)) <= set(services()["postgres"]["environment"])


def test_secrets_have_no_default_and_stand_nowhere() -> None:
    used = [(found["name"], found["kind"]) for text in texts(document()) for found in VARIABLE.finditer(text)]
    assert {name for name, kind in used if kind == ":?"} == SECRETS
    assert {name for name, kind in used if kind == ":-"} & SECRETS == set()
    for service in services().values():
        for variable, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD", variable):
                assert VARIABLE.fullmatch(value), variable
    with pytest.raises(KeyError, match="VOLT_TOKEN_SECRET"):
        filled(services()["gateway"]["environment"]["VOLT_TOKEN_SECRET"], {})


def test_what_can_be_set_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    assert {found["name"] for text in texts(document()) for found in VARIABLE.finditer(text)} <= named
    assert set(re.findall(r"\w+", (ROOT / "Makefile").read_text(encoding="utf-8"))) >= SECRETS, "make secrets"


def test_no_variable_has_a_spelling_that_these_tests_do_not_read() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert text.count("$") == len(VARIABLE.findall(text))


def test_the_broker_is_configured_like_the_local_stacks() -> None:
    its_own = {
        "process.roles", "node.id", "controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs",
        "listener.security.protocol.map", "controller.listener.names",
    }  # fmt: skip
    lines = server_properties(Path("log"), 9092, 9093).splitlines()
    wanted = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    given = services()["kafka"]["environment"]
    for name, value in wanted.items():
        variable = "KAFKA_" + name.upper().replace(".", "_")
        assert variable in given, name
        if name not in its_own:
            assert given[variable] == value, name


def test_what_must_stay_lies_in_volumes() -> None:
    assert services()["kafka"]["volumes"] == [f"kafka:{services()['kafka']['environment']['KAFKA_LOG_DIRS']}"]
    assert "postgres:/var/lib/postgresql" in services()["postgres"]["volumes"]
    assert set(document()["volumes"]) == {"kafka", "postgres"}
