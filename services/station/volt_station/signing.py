"""Signed meter data: kept byte for byte, and what stands in it in clear (OCMF meter serial and pagination)."""

import msgspec

from volt_station.domain.heard import Signed
from volt_station.lenient import Object, text, verbatim

_OCMF = "OCMF|"
_PERIODIC = "Sample.Periodic"
_decode = msgspec.json.Decoder().decode


def signed_from_text(data: str, context: str | None) -> Signed:
    """1.6 `format=SignedData`: the data itself, or the JSON envelope of OCA's note on signed meter values in 1.6."""
    envelope = _object(data) if data.lstrip()[:1] == "{" else {}
    inner = verbatim(envelope, "signedMeterData")
    if inner is None:
        return _signed(data, "", context, None, None)
    return signed_from_object(envelope, inner, context)


def signed_from_object(envelope: Object, data: str, context: str | None) -> Signed:
    """2.x `signedMeterValue` (OCPP 2.0.1 part 2, §2.44): data, encoding, method and perhaps the public key."""
    return _signed(
        data,
        text(envelope, "encodingMethod") or "",
        context,
        text(envelope, "signingMethod"),
        verbatim(envelope, "publicKey") or None,
    )


def _signed(data: str, encoding: str, context: str | None, method: str | None, public_key: str | None) -> Signed:
    payload: Object = {}
    if data.startswith(_OCMF):
        encoding = encoding or "OCMF"
        payload = _object(data.removeprefix(_OCMF).partition("|")[0])
    return Signed(
        data=data,
        encoding=encoding or "unknown",
        context=context or _PERIODIC,
        method=method or _ocmf_method(data),
        public_key=public_key,
        meter_serial=text(payload, "MS", 64),
        pagination=text(payload, "PG", 64),
    )


def _ocmf_method(data: str) -> str | None:
    """The signature algorithm, which stands in OCMF's third part."""
    if not data.startswith(_OCMF):
        return None
    return text(_object(data.rpartition("|")[2]), "SA", 64)


def _object(json: str) -> Object:
    try:
        value = _decode(json)
    except (ValueError, RecursionError):
        return {}
    return value if type(value) is dict else {}
