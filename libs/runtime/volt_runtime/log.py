"""JSON lines on standard error: one object a line, with the ids of the current trace where there is one."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
from opentelemetry import trace

_encoder = msgspec.json.Encoder(enc_hook=str)


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
            line["span_id"] = f"{span.span_id:016x}"
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


class Logger:
    """A named logger whose keyword arguments become fields of the line."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, sentence: str, **fields: Any) -> None:
        """For whoever looks for a fault."""
        self._logger.debug(sentence, extra={"fields": fields})

    def info(self, sentence: str, **fields: Any) -> None:
        """What an operator may want to know."""
        self._logger.info(sentence, extra={"fields": fields})

    def warning(self, sentence: str, **fields: Any) -> None:
        """Something is odd; the process goes on."""
        self._logger.warning(sentence, extra={"fields": fields})

    def error(self, sentence: str, *, exc: BaseException | None = None, **fields: Any) -> None:
        """Something failed; `exc` adds its traceback to the line."""
        self._logger.error(sentence, extra={"fields": fields}, exc_info=exc)


def logger(name: str) -> Logger:
    """The logger called `volt.{name}`."""
    return Logger(f"volt.{name}")


class Sparing(logging.Filter):
    """Lets one line of a template through every ten seconds, with the count of those that it kept back.

    Kafka's client says several hundred times a second that a broker is away; a log that nobody can read is none, and
    whoever reads our standard error slowly would hold the process up.
    """

    EVERY_S = 10.0

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is shown."""
        if not record.name.startswith(self._prefix):
            return True
        place = (record.name, str(record.msg))
        last, kept_back = self._said.get(place, (float("-inf"), 0))
        if record.created - last < self.EVERY_S:
            self._said[place] = (last, kept_back + 1)
            return False
        self._said[place] = (record.created, 0)
        if kept_back:
            record.fields = {"kept_back": kept_back}
        return True


def configure(level: str) -> None:
    """Send everything of this process to standard error as JSON lines; libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Sparing("aiokafka"))
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("volt").setLevel(level.upper())
