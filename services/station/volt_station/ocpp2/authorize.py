"""Authorize (OCPP 2.0.1 part 2, C01): a token was held up."""

from volt_station.domain import facttime, heard, tokens
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import part, text


def hear(turn: Turn, frame: Frame) -> None:
    """The message has no timestamp: it is sent at once or not at all."""
    kind = text(part(frame.payload, "idToken"), "type", 36)
    token = heard.token(frame.token_ref("/idToken/idToken"), kind, frame.decision)
    tokens.presented(turn, token, facttime.now(frame.exchange.received_at), frame.source())
