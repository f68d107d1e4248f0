"""Authorize: a token was presented and this is the verdict that went out."""

from volt_contracts.fact import FactTime
from volt_contracts.station import TokenPresented
from volt_station.domain.heard import Token
from volt_station.domain.turn import Source, Turn


def presented(turn: Turn, token: Token, time: FactTime, source: Source) -> None:
    """A token without a reference, or without a verdict that went out, is no fact."""
    if token.ref is None or token.verdict is None or token.source is None:
        return
    turn.say(
        TokenPresented(
            time=time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=source.suspect,
            token_ref=token.ref,
            token_type=token.type,
            verdict=token.verdict,
            verdict_source=token.source,
            group_ref=token.group_ref,
        )
    )
