"""Rules of the house that no other tool checks: sizes, names, docstrings, and what no text may hold."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from architecture.source_tree import ROOT, TEXTS, files, members, ours, package, python, text, tree

MOST_LINES = 400
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "base", "common", "impl", "misc"})


def named(path: Path) -> str:
    """A path in a test's id."""
    return str(path)


def test_there_is_code() -> None:
    assert len(python()) > 300
    assert {"contracts", "eventlog", "station", "session"} <= {member.name for member in members()}


def test_no_file_is_longer_than_it_should_be() -> None:
    lengths = {str(path): text(path).count("\n") for path in python()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in python() if not ast.get_docstring(tree(path))] == []


def test_no_name_says_nothing() -> None:
    """`utils`, `helpers`, `manager`, `base`, `common`: folders, files and classes are named for what they hold."""
    parts = {part for path in python() for part in (*path.parts[:-1], path.stem)}
    assert sorted(parts & FORBIDDEN_NAMES) == []
    classes = {node.name for path in python() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}
    assert sorted(name for name in classes if _last_word(name) in FORBIDDEN_NAMES) == []


def _last_word(name: str) -> str:
    words = re.findall(r"[A-Z][a-z]+", name)
    return words[-1].lower() if words else name.lower()


def test_nothing_is_put_off() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{path}:{number}"
        for path in files()
        if path.suffix in TEXTS and ours(path) and path != Path("tests/architecture/test_house_rules.py")
        for number, line in enumerate(text(path).splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_whoever_catches_everything_says_why() -> None:
    """A failure that is caught wholesale, and not raised again, needs a comment beside it or beside its `try`."""
    silent = []
    for path in python():
        lines = text(path).splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Try):
                for handler in filter(_catches_everything, node.handlers):
                    near = [lines[number - 1] for number in (node.lineno, handler.lineno, handler.lineno + 1)]
                    if not any("#" in line for line in near) and not _raises(handler):
                        silent.append(f"{path}:{handler.lineno}")
    assert silent == []


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _EVERYTHING) for kind in kinds)


_EVERYTHING = ("Exception", "BaseException")


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_no_two_tests_bear_one_name() -> None:
    names = Counter(path.name for path in python() if path.parts[0] == "tests" and path.name != "conftest.py")
    assert {name for name, count in names.items() if count > 1} == set()


def test_tests_are_no_packages() -> None:
    assert [str(path) for path in files() if path.parts[0] == "tests" and path.name == "__init__.py"] == []


@pytest.mark.parametrize("member", list(members()), ids=named)
def test_every_member_introduces_itself(member: Path) -> None:
    readme = ROOT / member / "README.md"
    assert readme.is_file(), f"{member} has no README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) > 5
    assert (ROOT / member / package(member) / "py.typed").is_file(), "its types are for others too"


REGISTRIES = re.compile(r"https?://(?:[^\s\"')>]*(?:registry\.|/simple/|/artifactory/)|repo1?\.)", re.IGNORECASE)
WORKPLACES = re.compile(r"(?:^|[\s\"'(=`])/(?:work|root|mnt|workspace)/[\w.-]+")


def test_no_text_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    """Where packages come from is the installer's configuration; a path outside the repository is nobody else's."""
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in files()
        if path.suffix in TEXTS and path != Path("tests/architecture/test_house_rules.py")
        for number, line in enumerate(text(path).splitlines(), 1)
        if (REGISTRIES.search(line) or WORKPLACES.search(line)) and ours(path)
    ]
    assert found == []


def test_the_lock_file_names_no_private_registry() -> None:
    """The client's public default is one index and one place for files; a mirror would show as another or by a port."""
    hosts = set(re.findall(r"https?://([^/\"]+)", text(Path("uv.lock"))))
    assert len(hosts) <= 2
    assert [host for host in hosts if ":" in host or "@" in host or host.rsplit(".", 1)[-1].isdigit()] == []


def test_tests_do_not_sleep_instead_of_asking() -> None:
    """A poll has a deadline (`eventually`); a bare sleep of a second or more is a guess."""
    found = [
        f"{path}:{node.lineno}"
        for path in python()
        if path.parts[:1] == ("tests",)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("time.sleep", "asyncio.sleep", "sleep")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, int | float)
        and node.args[0].value >= 1
    ]
    assert found == []
