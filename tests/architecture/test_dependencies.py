"""Who may know whom: services know libraries, libraries no service, and every topic has a writer that exists."""

import ast
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from architecture.source_tree import ROOT, files, members, package, python, text, tree

from volt_contracts.topics import TOPICS

SERVICES = tuple(member for member in members() if member.parts[0] == "services")
LIBS = tuple(member for member in members() if member.parts[0] == "libs")


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def code_of(member: Path) -> list[Path]:
    """The Python files of a member."""
    return [path for path in python() if path.is_relative_to(member)]


def declared(member: Path) -> set[str]:
    """The members that its manifest depends on."""
    manifest = tomllib.loads((ROOT / member / "pyproject.toml").read_text(encoding="utf-8"))
    names = {line.split("[")[0].split(">")[0].split("=")[0].strip() for line in manifest["project"]["dependencies"]}
    return {name.replace("-", "_") for name in names if name.startswith("volt-")}


@pytest.mark.parametrize("service", SERVICES, ids=str)
def test_a_service_knows_libraries_only(service: Path) -> None:
    others = {package(member) for member in SERVICES if member != service}
    assert {name for path in code_of(service) for name in imported(path)} & others == set()
    assert declared(service) & others == set()


@pytest.mark.parametrize("lib", LIBS, ids=str)
def test_a_library_knows_no_service(lib: Path) -> None:
    services = {package(member) for member in SERVICES}
    assert {name for path in code_of(lib) for name in imported(path)} & services == set()
    assert declared(lib) & services == set()


@pytest.mark.parametrize("member", [*LIBS, *SERVICES], ids=str)
def test_what_a_member_imports_of_the_house_is_declared(member: Path) -> None:
    own = {package(other) for other in members()}
    used = {name for path in code_of(member) for name in imported(path)} & own - {package(member)}
    assert used - declared(member) == set()


def test_only_the_eventlog_speaks_to_kafkas_client() -> None:
    found = [
        str(path)
        for path in python()
        if path.parts[0] in ("libs", "services") and "aiokafka" in imported(path)
        if not path.is_relative_to("libs/eventlog")
    ]
    assert found == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topics_writers_and_readers_are_members(topic: object) -> None:
    names = {member.name for member in SERVICES}
    assert set(topic.writer.split(", ")) <= names  # type: ignore[attr-defined]
    assert set(topic.readers) <= names  # type: ignore[attr-defined]
    assert topic.owner in names  # type: ignore[attr-defined]


def test_every_entry_point_leads_somewhere() -> None:
    for group in ("voltlog.services", "voltlog.deciders", "voltlog.views", "voltlog.cli", "voltlog.seed"):
        found = entry_points(group=group)
        assert found, f"nobody brings {group}"
        for entry in found:
            assert entry.load() is not None


def test_only_reactors_act_outside() -> None:
    """A replay must never act: what the command line can load holds no client for the outside world."""
    outside = {"httpx", "aiohttp", "requests", "smtplib", "urllib3"}
    replaying = [path for lib in ("eventlog", "cli", "contracts", "ocpp") for path in code_of(Path("libs") / lib)]
    assert {str(path): names for path in replaying if (names := imported(path) & outside)} == {}


def test_no_relative_imports() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_compose_and_policies_join_no_two_services() -> None:
    """Services meet only in Kafka: no network that the repository describes lets one reach another."""
    names = {member.name for member in SERVICES} - {"simulator"}
    for path in files():
        if path.suffix in (".yaml", ".yml") and ("compose" in path.name or "networkpolicy" in path.name.lower()):
            joined = [line for line in text(path).splitlines() if sum(f"volt-{name}" in line for name in names) > 1]
            assert joined == [], str(path)
