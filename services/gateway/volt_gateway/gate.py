"""The HTTP side of an upgrade: what a station's request says, and how it is told yes or no."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic

from picows import WSListener, WSTransport, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from volt_contracts.gateway import RefusalReason
from volt_gateway.limits import ConnectionLimits, TokenBucket, TokenBuckets
from volt_gateway.link import Admission
from volt_gateway.links import Links
from volt_gateway.meters import Meters
from volt_gateway.path import LONGEST_IDENTITY, read_path
from volt_gateway.proxies import Proxies
from volt_gateway.refusals import Refusal, Refusals
from volt_gateway.settings import GatewaySettings
from volt_gateway.socket import PROTOCOL_ERROR, StationSocket, close_reason
from volt_gateway.tarpit import Tarpit
from volt_gateway.upgrade import Doorkeeper, Request

STATUS: dict[RefusalReason, HTTPStatus] = {
    "unknown_tenant": HTTPStatus.NOT_FOUND,
    "unknown_station": HTTPStatus.NOT_FOUND,
    "bad_path": HTTPStatus.NOT_FOUND,
    "identity_too_long": HTTPStatus.NOT_FOUND,
    "wrong_password": HTTPStatus.UNAUTHORIZED,
    "no_password": HTTPStatus.UNAUTHORIZED,
    "password_unchecked": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_many_passwords": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_connections": HTTPStatus.SERVICE_UNAVAILABLE,
    "connects_too_often": HTTPStatus.TOO_MANY_REQUESTS,
    "not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "refused_by_policy": HTTPStatus.FORBIDDEN,
    "malformed_upgrade": HTTPStatus.BAD_REQUEST,
}
"""How a refusal is told. For the two reasons that are missing the handshake is completed without a subprotocol and the
socket closed, as OCPP-J 1.6 §3.1.2 and OCPP 2.0.1 part 4 §3.1.2 ask."""

_PASSWORD_RETRY_S = 1
_COME_BACK = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)

NotReady = Callable[[], str | None]
"""Why nobody can be let in at the moment, or None."""


class Gate:
    """Answers upgrade requests."""

    def __init__(
        self,
        settings: GatewaySettings,
        doorkeeper: Doorkeeper,
        links: Links,
        limits: ConnectionLimits,
        refusals: Refusals,
        not_ready: NotReady,
        meters: Meters,
    ) -> None:
        self._settings = settings
        self._doorkeeper = doorkeeper
        self._links = links
        self._limits = limits
        self._refusals = refusals
        self._not_ready = not_ready
        self._limited = meters.limited
        self._proxies = Proxies(settings.trusted_proxies)
        self._admissions = TokenBucket(settings.admissions_per_s, settings.admissions_burst, monotonic())
        self._connects = TokenBuckets(settings.connects_per_s, settings.connects_burst)
        self.tarpit = Tarpit(settings, meters)

    def upgrade(self, request: WSUpgradeRequest, peer: str, secure: bool) -> WSUpgradeResponseWithListener:
        """picows: an HTTP request came in."""
        origin, secure = self._proxies.origin(request.headers, peer, secure)
        address = _readable(origin) or ""
        verdict = (
            self._malformed(request, address)
            or self._crowded(request, address)
            or self._doorkeeper.decide(_request(request, address, secure))
        )
        if isinstance(verdict, Admission):
            often = self._too_often(verdict)
            if often is None:
                return self._let_in(verdict)
            verdict = often
        if origin == peer:
            self.tarpit.refused(peer)
        self._refusals.refuse(verdict, monotonic(), datetime.now(UTC))
        return self._refuse(verdict)

    def unasked(self) -> None:
        """A connection ended before its request could be read: too slow, too long, or no HTTP."""
        self._limited("upgrade_request").add()

    def _crowded(self, request: WSUpgradeRequest, address: str) -> Refusal | None:
        why = self._not_ready()
        if why is None and not self._admissions.take(monotonic()):
            why = "too many stations connect at the same time"
            self._limited("admissions").add()
        if why is not None:
            return _nameless("not_ready", why, request, address)
        reached = self._limits.reached(address)
        if reached is None:
            return None
        self._limited(reached.limit).add()
        return _nameless("too_many_connections", reached.sentence, request, address)

    def _too_often(self, admission: Admission) -> Refusal | None:
        if self._connects.take(admission.key, monotonic()):
            return None
        self._limited("connects").add()
        sentence = "the station connects again and again; it is let in again a little later"
        return Refusal(
            "connects_too_often", sentence, admission.identity, admission.path, admission.address, admission.tenant,
            admission.key,
        )  # fmt: skip

    def _malformed(self, request: WSUpgradeRequest, address: str) -> Refusal | None:
        """A missing or odd `Connection` is tolerated where the rest says what is wanted: some stations send none."""
        headers = request.headers
        if headers.get("upgrade", "").strip().lower() != "websocket":
            return _nameless("malformed_upgrade", "the request does not ask for a WebSocket", request, address)
        if headers.get("sec-websocket-version") not in ("13", "8", "7"):
            return _nameless("malformed_upgrade", "the WebSocket version is not 13", request, address)
        if len(headers.get("sec-websocket-key", "")) != 24:
            return _nameless("malformed_upgrade", "the WebSocket key is missing or no key", request, address)
        headers["Connection"] = "upgrade"
        headers["Upgrade"] = "websocket"
        return None

    def _let_in(self, admission: Admission) -> WSUpgradeResponseWithListener:
        link = self._links.new(admission, str(uuid.uuid4()))
        agreed = {"Sec-WebSocket-Protocol": admission.version.value} if admission.offered else None
        socket = StationSocket(link, self._settings.max_message_bytes)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(agreed), socket)

    def _refuse(self, refusal: Refusal) -> WSUpgradeResponseWithListener:
        status = STATUS.get(refusal.reason)
        if status is None:
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(), _ClosesAtOnce(refusal))
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if status in _COME_BACK:
            headers["Retry-After"] = str(self._retry_after(refusal.reason))
        if status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
        body = refusal.sentence.encode() + b"\n"
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, body, headers), None)

    def _retry_after(self, reason: RefusalReason) -> int:
        """Jittered, so that those who were sent away together do not come back together."""
        if reason == "password_unchecked":
            return _PASSWORD_RETRY_S
        shortest = max(1, self._settings.retry_after_s // 2)
        return random.randint(shortest, max(shortest, self._settings.retry_after_s))  # noqa: S311 spreads load only


class _ClosesAtOnce(WSListener):
    """The socket of a station with which no version could be agreed on."""

    __slots__ = ("_sentence",)

    def __init__(self, refusal: Refusal) -> None:
        self._sentence = refusal.sentence

    def on_ws_connected(self, transport: WSTransport) -> None:
        """picows: the upgrade is done."""
        transport.send_close(PROTOCOL_ERROR, close_reason(self._sentence))  # type: ignore[arg-type]
        transport.disconnect()


def _request(request: WSUpgradeRequest, address: str, secure: bool) -> Request:
    headers = request.headers
    offered = _readable(",".join(headers.getall("sec-websocket-protocol", []))) or ""
    return Request(
        path=request.path,
        address=address,
        secure=secure,
        offered=tuple(name for part in offered.split(",") if (name := part.strip())),
        authorization=headers.get("authorization"),
        user_agent=_readable(headers.get("user-agent")),
        host=_host(headers.get("host")),
    )


def _host(header: str | None) -> str | None:
    """The name that was called, without its port (RFC 9110 §7.2); an IPv6 address keeps its brackets."""
    name = (_readable(header) or "").strip().lower()
    bracketed, bracket, _ = name.partition("]")
    return (bracketed + bracket if bracket else name.partition(":")[0]) or None


def _readable(header: str | None) -> str | None:
    """picows gives bytes that are no ASCII as half surrogates, which no JSON can hold."""
    return None if header is None else header.encode("ascii", "surrogateescape").decode(errors="replace")


def _nameless(reason: RefusalReason, sentence: str, request: WSUpgradeRequest, address: str) -> Refusal:
    """A refusal before anybody looked who it is; the path alone names the station."""
    path = read_path(request.path)
    return Refusal(reason, sentence, path.identity[:LONGEST_IDENTITY], path.path, address)
