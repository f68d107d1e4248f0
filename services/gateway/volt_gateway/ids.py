"""Ids of records and traces: a random beginning for each process, then a count. Unique as random ones, and far cheaper
to make; nobody has to be unable to guess them.
"""

import os


class Ids:
    """The ids that one process gives."""

    __slots__ = ("_count", "_trace", "_uuid")

    def __init__(self) -> None:
        text = os.urandom(24).hex()
        self._uuid = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-".encode()
        self._trace = f"00-{text[20:36]}".encode()
        self._count = int.from_bytes(os.urandom(5), "big") + 1

    def uuid(self) -> bytes:
        """A new UUID as text (RFC 9562 §5.4): 62 bits of this process and a count of 48."""
        self._count += 1
        return b"%b%012x" % (self._uuid, self._count)

    def unsampled_traceparent(self) -> bytes:
        """The context of the frame that got the last UUID, when nobody traces it (W3C Trace Context §3.2)."""
        return b"%b%016x-%016x-00" % (self._trace, self._count, self._count)
