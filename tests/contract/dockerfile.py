"""deploy/images/Dockerfile as a list of instructions by stage, and what a build of it does, without an engine."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "images" / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, and the rest on one line."""

    name: str
    rest: str


def instructions() -> Iterator[Instruction]:
    """All of them, in order, comments left out and continued lines joined."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield Instruction(name.upper(), rest)


def stages() -> dict[str, list[Instruction]]:
    """The instructions of every stage, each beginning with its FROM."""
    found: dict[str, list[Instruction]] = {}
    for instruction in instructions():
        if instruction.name == "FROM":
            found[instruction.rest.split(" AS ")[1]] = []
        list(found.values())[-1].append(instruction)
    return found


def lineage(stage: str) -> list[Instruction]:
    """The instructions of a stage after those of the stages that it stands on."""
    own = stages()[stage]
    base = own[0].rest.split(" AS ")[0]
    return (lineage(base) if base in stages() else []) + own


def variables(stage: str) -> dict[str, str]:
    """What ENV says in a stage and below it."""
    found: dict[str, str] = {}
    for instruction in lineage(stage):
        if instruction.name == "ENV":
            found |= dict(re.findall(r"(\w+)=(\S+)", instruction.rest))
    return found


def copied(stage: str) -> list[tuple[str, str]]:
    """(from the context, to) of every COPY that does not take from another stage."""
    pairs = []
    for instruction in lineage(stage):
        if instruction.name == "COPY" and not instruction.rest.startswith("--from"):
            *sources, target = instruction.rest.split()
            pairs += [(source, target) for source in sources]
    return pairs


def sent(path: Path) -> bool:
    """Whether .dockerignore lets a file into the build: of the lines that match it or its folders, the last counts."""
    kept = True
    places = [path, *path.parents][:-1]
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        anywhere = line.removeprefix("!").startswith("**/")
        if line and not line.startswith("#") and any(_matches(place, pattern, anywhere) for place in places):
            kept = line.startswith("!")
    return kept


def _matches(place: Path, pattern: str, anywhere: bool) -> bool:
    if anywhere:
        return fnmatch(place.name, pattern)
    return len(place.parts) == len(Path(pattern).parts) and fnmatch(str(place), pattern)


def build(stage: str, service: str, uv: str, python: str, folder: Path) -> Path:
    """Do in `folder` what the stages up to this one do: copy, and run uv. Returns the environment that they make."""
    source, environment = folder / "src", folder / "voltlog"
    source.mkdir(parents=True)
    for name, target in copied(stage):
        _copy(ROOT / name, source / target / ("" if (ROOT / name).is_dir() else name))
    given = variables(stage) | {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_PYTHON": python, "SERVICE": service}
    del given["UV_CACHE_DIR"]  # this machine's cache has it all
    given["UV_COMPILE_BYTECODE"] = "0"  # only costs time here
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "VOLT_"))}
    for instruction in lineage(stage):
        if instruction.name == "RUN" and "uv sync" in instruction.rest:
            command = re.sub(r"--mount=\S+\s+", "", instruction.rest).replace("uv sync", f'"{uv}" sync --quiet')
            subprocess.run(["/bin/sh", "-euc", command], cwd=source, env=clean | given, check=True, timeout=300)
    return environment


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copy2(source, target)
        return

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if not sent((Path(folder) / name).relative_to(ROOT))}

    shutil.copytree(source, target, ignore=left_out, dirs_exist_ok=True)
