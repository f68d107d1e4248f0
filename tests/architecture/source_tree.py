"""The repository as text: what is tracked, which of it is code, and whose."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = (".ci", "deploy", "helm", "libs", "services", "tests", "benchmarks")
NOT_OURS = ("vendor", "vendored", "golden", "data", "recorded", "corpus", "samples", "node_modules")
"""Folders of files that came from elsewhere, or that programs wrote."""
CACHES = (
    "__pycache__",
    ".venv",
    ".tools",
    ".voltlog",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
)
TEXTS = frozenset(
    {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".sh", ".txt", ".json", ".cfg", ".example", ""}
)


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, relative to its root."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.is_file()]
    kept = (path.relative_to(ROOT) for path in [*top, *below])
    return tuple(sorted(path for path in kept if not set(path.parts) & set(CACHES)))


def ours(path: Path) -> bool:
    """Whether people wrote it here."""
    return not set(path.parts[:-1]) & set(NOT_OURS) and path.name != "uv.lock"


@cache
def python() -> tuple[Path, ...]:
    """Every Python file that people wrote here."""
    return tuple(path for path in files() if path.suffix == ".py" and ours(path))


@cache
def text(path: Path) -> str:
    """A file's text."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(text(path), filename=str(path))


def members() -> Iterator[Path]:
    """The folders of the workspace's members."""
    for kind in ("libs", "services"):
        for manifest in sorted((ROOT / kind).glob("*/pyproject.toml")):
            yield manifest.parent.relative_to(ROOT)


def package(member: Path) -> str:
    """The import package of a member."""
    return f"volt_{member.name}"
