"""Deciding and folding read no clock and draw nothing: the same log gives the same states and the same ids."""

import ast
import inspect
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from architecture.source_tree import ROOT, python, tree

from volt_eventlog.decider import Decider

IMPURE_MODULES = frozenset(
    {"random", "secrets", "socket", "threading", "subprocess", "asyncio", "os", "time", "uvloop"}
)
IMPURE_CALLS = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.perf_counter",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid1",
        "uuid4",
        "os.urandom",
        "open",
        "print",
        "input",
        "hash",
        "id",
    }
)
"""`hash` of a text and `id` differ from process to process."""


def deciders() -> list[Decider]:
    """Every decider that services bring."""
    return [entry.load() for entry in sorted(entry_points(group="voltlog.deciders"), key=lambda entry: entry.name)]


def domains() -> list[Path]:
    """Every file of a domain."""
    return [path for path in python() if path.parts[0] == "services" and "domain" in path.parts]


def folds() -> list[Path]:
    """Every file that a fold lives in."""
    modules = {module for decider in deciders() for module in decider.fold_modules}
    files = {Path(inspect.getsourcefile(module) or "").resolve() for module in modules}
    return sorted(path.relative_to(ROOT.resolve()) for path in files)


def impurities(path: Path) -> list[str]:
    """Where a file reads a clock, draws, or reaches outside."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [f"{path}:{node.lineno} imports {a.name}" for a in node.names if a.name in IMPURE_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in IMPURE_MODULES:
            found.append(f"{path}:{node.lineno} imports from {node.module}")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            found.append(f"{path}:{node.lineno} calls {ast.unparse(node.func)}")
    return found


def test_there_are_domains_and_folds() -> None:
    assert len(domains()) > 20
    assert len(folds()) > 8


@pytest.mark.parametrize("path", domains(), ids=str)
def test_domains_are_pure(path: Path) -> None:
    assert impurities(path) == []


@pytest.mark.parametrize("path", folds(), ids=str)
def test_folds_are_pure(path: Path) -> None:
    assert impurities(path) == []


@pytest.mark.parametrize("path", domains(), ids=str)
def test_money_and_energy_are_never_floats(path: Path) -> None:
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.AnnAssign) and _is_amount(node.target) and "float" in ast.unparse(node.annotation):
            found.append(f"{path}:{node.lineno}")
    assert found == []


def _is_amount(target: ast.expr) -> bool:
    name = ast.unparse(target).rsplit(".", 1)[-1]
    return name.endswith(("_wh", "_kwh", "amount", "price", "_w"))


@pytest.mark.parametrize("decider", deciders(), ids=lambda decider: decider.lane)
def test_a_fold_names_every_module_that_its_evolve_uses(decider: Decider) -> None:
    """Otherwise a change of that code would not void the snapshots that were made by the old one."""
    named = {module.__name__ for module in decider.fold_modules}
    found = used_by(decider.evolve.__module__, decider.evolve.__name__)
    assert {module for module, _ in found} - named == set()


def used_by(module: str, name: str) -> set[tuple[str, str]]:
    """The definitions of the service that one definition needs, with itself: (module, name)."""
    found: set[tuple[str, str]] = set()
    waiting = [(module, name)]
    while waiting:
        place = waiting.pop()
        if place in found or place[1] not in _definitions(place[0]):
            continue
        found.add(place)
        needed = {node.id for node in ast.walk(_definitions(place[0])[place[1]]) if isinstance(node, ast.Name)}
        waiting += [_home(place[0], used) for used in needed]
        waiting += _attributes(place)
    return found


def _attributes(place: tuple[str, str]) -> list[tuple[str, str]]:
    """`module.name` of modules that were imported as such."""
    found = []
    for node in ast.walk(_definitions(place[0])[place[1]]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            home = _imports(place[0]).get(node.value.id)
            if home is not None and _file(".".join(home)).exists():
                found.append((".".join(home), node.attr))
    return found


def _home(module: str, name: str) -> tuple[str, str]:
    return _imports(module).get(name, (module, name))


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    """Name → what defines it at the top level of a module of a service; empty for all other modules."""
    if not _file(module).exists():
        return {}
    found: dict[str, ast.AST] = {}
    for node in tree(_file(module).relative_to(ROOT)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Name → the module and the name there that it was imported from."""
    if not _file(module).exists():
        return {}
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree(_file(module).relative_to(ROOT)).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _file(module: str) -> Path:
    parts = module.split(".")
    return (ROOT / "services" / parts[0].removeprefix("volt_")).joinpath(*parts).with_suffix(".py")
