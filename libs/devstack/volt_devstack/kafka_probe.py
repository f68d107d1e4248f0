"""Asks a broker who is there, in Kafka's own protocol: a broker that is starting or fenced does not list itself, so
this tells more than an open port does.
"""

import socket
import struct

_METADATA = 3
_VERSION = 1
_CORRELATION = 1
_NO_CLIENT_ID = -1
_NO_TOPICS = 0


def living_brokers(port: int, timeout_s: float = 1.0) -> int:
    """How many brokers the broker on this loopback port lists as alive; 0 when it does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
            connection.sendall(_request())
            return _brokers(_read(connection, 12))
    except (OSError, EOFError):
        return 0


def _request() -> bytes:
    body = struct.pack(">hhihi", _METADATA, _VERSION, _CORRELATION, _NO_CLIENT_ID, _NO_TOPICS)
    return struct.pack(">i", len(body)) + body


def _brokers(answer: bytes) -> int:
    _length, correlation, brokers = struct.unpack(">iii", answer)
    return int(brokers) if correlation == _CORRELATION else 0


def _read(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            raise EOFError
        received += chunk
    return received
