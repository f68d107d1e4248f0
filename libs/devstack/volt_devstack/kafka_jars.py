"""The jars of Apache Kafka: fetched once by jgo from the Maven repository, checked against the lock file beside this
module and kept in jgo's cache, so that later starts need no network.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import requests
from jgo.constants import MAVEN_CENTRAL_URL, default_jgo_cache
from jgo.maven import MavenContext

from volt_devstack.errors import ExitCode, StackError, disk_errors, require_space

KAFKA_VERSION = "4.3.0"
_LOCK = f"kafka-{KAFKA_VERSION}.lock"
_AT_ONCE = 6
_ATTEMPTS = 3
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Jar:
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """The name of the jar in the cache; artifact names are unique in the lock."""
        return f"{self.artifact}-{self.version}.jar"


def kafka_jars(say: Callable[[str], None] = lambda sentence: None) -> tuple[Path, ...]:
    """The class path of Kafka; fetches what the cache lacks.

    Raises StackError: NO_NETWORK when jars are missing and cannot be fetched, DISK_FULL.
    """
    cache = default_jgo_cache() / f"volt-kafka-{KAFKA_VERSION}"
    jars = locked_jars()
    missing = [jar for jar in jars if not (cache / jar.filename).exists()]
    if missing:
        say(f"Fetching Apache Kafka {KAFKA_VERSION} ({len(missing)} jars, about 45 MB; once for this user)")
        with disk_errors(cache):
            cache.mkdir(parents=True, exist_ok=True)
            require_space(cache, 200, "Apache Kafka")
            _fetch_all(missing, cache)
    return tuple(cache / jar.filename for jar in jars)


def locked_jars() -> tuple[Jar, ...]:
    """The jars that the lock file names."""
    lines = files("volt_devstack").joinpath(_LOCK).read_text().splitlines()
    return tuple(_parse(line) for line in lines if line and not line.startswith("#"))


def _parse(line: str) -> Jar:
    sha256, coordinate = line.split()
    group, artifact, version = coordinate.split(":")
    return Jar(group, artifact, version, sha256)


def _fetch_all(jars: list[Jar], cache: Path) -> None:
    # jgo writes under the final name while it downloads; a folder of our own keeps torn files out of the cache.
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as draft:
        context = MavenContext(repo_cache=Path(draft), remote_repos={"maven": _repository()}, timeout=_TIMEOUT_S)
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for done in [pool.submit(_fetch, context, jar, cache) for jar in jars]:
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _repository() -> str:
    """Maven Central, or the mirror that VOLT_MAVEN_REPOSITORY names."""
    return os.environ.get("VOLT_MAVEN_REPOSITORY") or MAVEN_CENTRAL_URL


def _fetch(context: MavenContext, jar: Jar, cache: Path) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            fetched = _download(context, jar)
            break
        # jgo raises RuntimeError for every answer other than 200.
        except (requests.RequestException, RuntimeError) as error:
            if attempt == _ATTEMPTS:
                raise StackError(
                    f"Apache Kafka {KAFKA_VERSION} could not be fetched from {_repository()} "
                    f"({type(error).__name__} at {jar.filename}); the first start needs the network, or "
                    "VOLT_MAVEN_REPOSITORY naming a mirror, or KAFKA_BOOTSTRAP_SERVERS naming a running broker.",
                    ExitCode.NO_NETWORK,
                ) from error
            time.sleep(attempt / 2)
    if hashlib.sha256(fetched.read_bytes()).hexdigest() != jar.sha256:
        raise StackError(
            f"{jar.filename} from {_repository()} is not the file that was released (its SHA-256 differs).",
            ExitCode.NO_NETWORK,
        )
    fetched.replace(cache / jar.filename)


def _download(context: MavenContext, jar: Jar) -> Path:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    if artifact.cached_path is not None:
        artifact.cached_path.unlink(missing_ok=True)
    return Path(artifact.resolve())
