"""The one way in which the local stack refuses: a sentence for the operator and an exit code, never a stack trace."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from shutil import disk_usage


class ExitCode(IntEnum):
    """Exit codes of `voltlog up`, `down` and `status`; scripts may rely on them."""

    FAILED = 1
    BAD_CONFIGURATION = 2
    ALREADY_RUNNING = 3
    PORT_TAKEN = 4
    NO_NETWORK = 5
    DISK_FULL = 6
    NOT_REACHABLE = 7
    NOT_READY = 8


class StackError(Exception):
    """Something that the operator has to know or to change, in one clear sentence."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turn a full disk or a folder that may not be written into a StackError that names `place`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StackError(
                f"The disk is full: nothing more can be written to {place}.", ExitCode.DISK_FULL
            ) from error
        if error.errno in _REFUSED:
            raise StackError(
                f"{error.filename or place} cannot be written ({error.strerror}).", ExitCode.BAD_CONFIGURATION
            ) from error
        raise


def require_space(place: Path, mebibytes: int, need: str) -> None:
    """Refuse with DISK_FULL when the disk under `place` has less than `mebibytes` MiB free."""
    free = disk_usage(place).free // 2**20
    if free < mebibytes:
        raise StackError(
            f"The disk is full: {place} has {free} MiB left and {need} needs at least {mebibytes} MiB.",
            ExitCode.DISK_FULL,
        )
