"""Authorize (OCPP 1.6 §5.1, §6.1): a token was held up."""

from volt_station.domain import facttime, heard, tokens
from volt_station.domain.turn import Turn
from volt_station.frame import Frame


def hear(turn: Turn, frame: Frame) -> None:
    """The message has no timestamp: it is sent at once or not at all."""
    token = heard.token(frame.token_ref("/idTag"), None, frame.decision)
    tokens.presented(turn, token, facttime.now(frame.exchange.received_at), frame.source())
