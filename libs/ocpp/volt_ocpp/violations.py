"""What can be wrong with a frame or its payload, and the verdict that follows from it."""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """The kinds of violation; `softness` says which of them stop the effect of a call."""

    MISSING = "missing"
    """A required field is not there."""
    TYPE = "type"
    """A field has another JSON type."""
    SHAPE = "shape"
    """The payload itself is no JSON object."""
    RANGE = "range"
    """A number is below its minimum or above its maximum."""
    ENUM = "enum"
    """A word that the specification does not list."""
    LENGTH = "length"
    """A text is longer than allowed."""
    COUNT = "count"
    """A list has too few or too many items."""
    EXTRA = "extra"
    """A field that the specification does not know."""
    PRECISION = "precision"
    """A number has more decimals than allowed."""
    OTHER = "other"
    """Another rule of the schema is broken."""
    UNKNOWN_ACTION = "unknown_action"
    """The receiver does not know the action, or the sender may not use it."""
    FRAME = "frame"
    """The array around the payload is odd, but everything in it could be read."""
    SYNTAX = "syntax"
    """The JSON text is not clean (NaN, raw control characters, a byte order mark), but could be read."""
    ENCODING = "encoding"
    """Bytes that are no UTF-8, or half of a surrogate pair; read as U+FFFD."""
    NUMBER = "number"
    """A number beyond every sensible range; read as null."""
    DEPTH = "depth"
    """Nested deeper than allowed; read as null from there on."""
    TOO_MANY = "too_many"
    """More violations than are listed."""


class Violation(Struct, frozen=True, gc=False):
    """One thing that is wrong. Neither field ever holds a value of the payload: these may be personal data.

    `path` is a JSON pointer into the payload ("" = the payload or the frame as a whole); `optional` says that the
    broken part may be left out altogether.
    """

    path: str
    kind: Kind
    sentence: str
    optional: bool = False


class Verdict(Struct, frozen=True, gc=False):
    """The judgement on one payload: nothing wrong, soft (accept and flag) or hard (answer CALLERROR with `code`)."""

    violations: tuple[Violation, ...] = ()
    hard: bool = False
    code: str = ""

    @property
    def sentence(self) -> str:
        """All that is wrong, in one line for the operator and for the CALLERROR's description."""
        return "; ".join(violation.sentence for violation in self.violations)

    @property
    def cause(self) -> str:
        """The same for two frames that fail for the same reasons, whatever the values in them.

        A station that repeats a frame after a CALLERROR must not get the same CALLERROR for ever: who answers
        remembers the causes it has refused.
        """
        return " ".join(sorted({f"{violation.kind}:{violation.path}" for violation in self.violations}))


CLEAN = Verdict()
