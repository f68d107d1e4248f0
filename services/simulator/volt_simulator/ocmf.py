"""Signed meter values in the Open Charge Metering Format: the begin and the end of a transaction, signed by the meter's
own key (ECDSA on secp256r1 over SHA-256), so that a driver can check what he pays for."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

METHOD = "ECDSA-secp256r1-SHA256"
FORMAT = "OCMF"
_KEYS = 2**255

Mark = Literal["B", "E"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is signed: a register in Wh at a moment, whether that moment can be believed, and whose card it was."""

    mark: Mark
    at: datetime
    clock_is_good: bool
    energy_wh: int
    token: str | None
    direct_current: bool


@dataclass(slots=True)
class Signer:
    """The signing half of one meter; `seed` makes its key, and `pagination` counts what it signed."""

    vendor: str
    serial: str
    seed: int
    pagination: int = 0
    _key: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self._key = ec.derive_private_key(self.seed % _KEYS + 1, ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The key to check with: DER in base64."""
        found = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b64encode(found).decode()

    def sign(self, reading: Reading) -> str:
        """`OCMF|payload|signature`; the signature is over the payload as it stands there."""
        self.pagination += 1
        payload = msgspec.json.encode(self._payload(reading))
        signature = self._key.sign(payload, ec.ECDSA(SHA256()))
        tail = msgspec.json.encode({"SA": METHOD, "SD": signature.hex()})
        return f"{FORMAT}|{payload.decode()}|{tail.decode()}"

    def _payload(self, reading: Reading) -> dict[str, Any]:
        identified = {"IS": False} if reading.token is None else {"IS": True, "IT": "ISO14443", "ID": reading.token}
        return {
            "FV": "1.0",
            "GI": self.vendor,
            "GS": self.serial,
            "PG": f"T{self.pagination}",
            "MV": self.vendor,
            "MM": "Wh 3",
            "MS": f"M{self.serial}",
            "MF": "1.0",
            **identified,
            "RD": [
                {
                    "TM": f"{_written(reading.at)} {'S' if reading.clock_is_good else 'U'}",
                    "TX": reading.mark,
                    "RV": msgspec.Raw(f"{reading.energy_wh // 1000}.{reading.energy_wh % 1000:03d}".encode()),
                    "RI": "1-b:1.8.0",
                    "RU": "kWh",
                    "RT": "DC" if reading.direct_current else "AC",
                    "EF": "",
                    "ST": "G",
                }
            ],
        }


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond // 1000:03d}{at:%z}"
