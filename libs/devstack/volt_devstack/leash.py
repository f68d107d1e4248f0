"""The first program of every child: it makes the child die with its starter, changes its user, and becomes the program.

Run as a script (`python -I -S leash.py SIGNAL STARTER UID GID PROGRAM ARGS...`), because code between fork and exec of
a process with threads may hang, and because a change of user forgets the wish to die with the parent.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_KEEP = -1


def main(argv: list[str]) -> None:
    """Put the calling process on the leash and replace it by the program."""
    death_signal, starter, uid, gid = (int(word) for word in argv[1:5])
    if uid != _KEEP:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != starter:
        # The starter died before the leash was on; nobody would ever end this process.
        sys.exit(1)
    try:
        os.execvp(argv[5], argv[5:])  # noqa: S606 - becoming that program is the purpose
    except OSError as error:
        sys.exit(f"{argv[5]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv)
