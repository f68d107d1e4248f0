"""Lists as Postgres arrays, for views: a column of a batch is written in one go, element by element only where it must.

psycopg looks up how each element is written, which was a fifth of a view's CPU. The statements of views cast every
array (`%(name)s::text[]`), so no type has to be told. PostgreSQL 18 §8.15.2, array value input.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection
from psycopg.adapt import Dumper


class ColumnDumper(Dumper):
    """A list of texts, whole numbers, Decimals, aware times, booleans and None.

    Raises:
        TypeError: an element is of another type.
    """

    def dump(self, obj: list[Any]) -> bytes:
        """The array's text."""
        types = set(map(type, obj))
        if types == {str}:
            inside = _texts(obj)
        elif types == {int}:
            inside = ",".join(map(str, obj))
        elif types == {datetime}:
            inside = ",".join(map(datetime.isoformat, obj))
        elif types <= _ELEMENTS.keys():
            inside = ",".join([_ELEMENTS[type(element)](element) for element in obj])
        else:
            raise TypeError(f"no column of a view holds {sorted(one.__name__ for one in types - _ELEMENTS.keys())}")
        return f"{{{inside}}}".encode()


def use_columns(connection: AsyncConnection[Any]) -> None:
    """Write the lists of this connection so."""
    connection.adapters.register_dumper(list, ColumnDumper)


def _texts(column: list[str]) -> str:
    together = '","'.join(column)
    if "\\" in together or together.count('"') != 2 * (len(column) - 1):
        return ",".join(map(_text, column))
    return f'"{together}"'


def _text(element: str) -> str:
    escaped = element.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _null(_element: None) -> str:
    return "NULL"


_ELEMENTS: Mapping[type, Callable[[Any], str]] = {
    type(None): _null,
    str: _text,
    int: str,
    bool: str,
    Decimal: str,
    datetime: datetime.isoformat,
}
