"""Golden files: one for every version of every message ever published. They are written once and never changed.

`python -m volt_testkit.golden tests/contract/golden` writes those that are missing.
"""

import hashlib
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from volt_contracts import codec

MOMENT = datetime(2026, 11, 22, 10, 30, 15, 250_000, tzinfo=UTC)


def example(message_type: type[msgspec.Struct]) -> msgspec.Struct:
    """A message with every field filled, the same at every run."""
    return message_type(**_fields(inspect.type_info(message_type)))


def schema_hash(message_type: type[msgspec.Struct]) -> str:
    """A hash of the fields that a version has, their types, and which of them must be there."""
    return hashlib.sha256(msgspec.json.encode(_shape(inspect.type_info(message_type)), order="sorted")).hexdigest()


def write_missing(folder: Path) -> list[str]:
    """Write the golden file of every tag that has none yet."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for tag, message_type in sorted(codec.all_types().items()):
        file = folder / f"{tag}.json"
        if not file.exists():
            value = msgspec.json.decode(codec.encode(example(message_type)))
            document = {"tag": tag, "schema": schema_hash(message_type), "value": value}
            file.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
            written.append(tag)
    return written


def _fields(info: Any) -> dict[str, Any]:
    return {field.name: _value(field.type, field.name) for field in info.fields}


def _value(info: Any, name: str) -> Any:
    match info:
        case inspect.StructType():
            return info.cls(**_fields(info))
        case inspect.UnionType():
            return _value(next(kind for kind in info.types if not isinstance(kind, inspect.NoneType)), name)
        case inspect.LiteralType():
            return info.values[0]
        case inspect.VarTupleType():
            return (_value(info.item_type, name),)
        case inspect.DictType():
            return {name: _value(info.value_type, name)}
        case inspect.DateTimeType():
            return MOMENT
        case inspect.DecimalType():
            return Decimal("12.5")
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return 7
        case inspect.StrType():
            return f"a {name}"
        case inspect.RawType() | inspect.AnyType():
            return msgspec.Raw(b'{"raw":[1,2.50]}')
    raise TypeError(f"{name}: no example for {info!r}")


def _shape(info: Any) -> Any:
    match info:
        case inspect.StructType():
            return {
                "struct": [[field.name, _shape(field.type), field.required] for field in info.fields],
                "tag": info.tag,
            }
        case inspect.UnionType():
            return ["union", *(_shape(kind) for kind in info.types)]
        case inspect.LiteralType():
            return ["literal", *info.values]
        case inspect.VarTupleType():
            return ["list", _shape(info.item_type)]
        case inspect.DictType():
            return ["map", _shape(info.value_type)]
    return type(info).__name__


if __name__ == "__main__":
    sys.stdout.write("\n".join(write_missing(Path(sys.argv[1]))) + "\n")
