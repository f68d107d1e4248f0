"""YAML: the lists organisations, locations, stations, tokens; stations hold their EVSEs, and these their connectors.

Read event by event, so that nothing is built of a file but the entry that is being read. Scalars are texts: `1e5` and
`no` stay what they are. Anchors and aliases, with which ten lines unfold into billions, are refused.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml

from volt_imports.columns import column, plain
from volt_imports.limits import LONGEST_CELL, MOST_DEPTH
from volt_imports.rows import KINDS, Fault, Kind, Row, Unreadable

Node = str | list["Placed"] | dict[str, "Placed"]
Placed = tuple[int, Node]
"""A line and what stands there."""

_EVSES, _CONNECTORS = "evses", "connectors"
_NULLS = ("", "~", "null", "Null", "NULL")


class YamlRows:
    """The rows of a YAML file: one for each entry, and one for each connector of a station.

    Raises:
        Unreadable: it is no YAML, or not of this form (while iterating).
    """

    def __init__(self, file: BinaryIO, kind: Kind | None = None) -> None:
        self._events: Iterator[Any] = yaml.parse(file, Loader=yaml.CSafeLoader)
        self._kind = kind
        self._last = 0
        self.ignored: dict[Kind, tuple[str, ...]] = {}
        """Names that mean nothing here, by list; known when it was read."""

    def __iter__(self) -> Iterator[Row | Fault]:
        """Every entry's rows."""
        try:
            yield from self._document()
        except yaml.YAMLError as wrong:
            mark = getattr(wrong, "problem_mark", None)
            where = "" if mark is None else f"line {mark.line + 1}: "
            raise Unreadable(f"{where}it is no YAML: {getattr(wrong, 'problem', None) or wrong}") from wrong

    def _next(self) -> Any:
        event = next(self._events)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Unreadable(f"{_at(event)}anchors and aliases cannot be read: write out what they stand for")
        return event

    def _document(self) -> Iterator[Row | Fault]:
        self._next()
        if not isinstance(self._next(), yaml.DocumentStartEvent):
            return
        first = self._next()
        if isinstance(first, yaml.SequenceStartEvent) and self._kind is not None:
            yield from self._entries(self._kind)
        elif isinstance(first, yaml.MappingStartEvent):
            yield from self._lists()
        else:
            raise Unreadable(f"{_at(first)}it begins with one of the lists {', '.join(KINDS)}")

    def _lists(self) -> Iterator[Row | Fault]:
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            kind = self._list_kind(key)
            value = self._next()
            if isinstance(value, yaml.SequenceStartEvent):
                yield from self._entries(kind)
            elif not isinstance(value, yaml.ScalarEvent) or value.value not in _NULLS:
                raise Unreadable(f"{_at(value)}{kind} is a list: each entry begins with a hyphen")

    def _list_kind(self, key: Any) -> Kind:
        if isinstance(key, yaml.ScalarEvent):
            for kind in KINDS:
                if plain(key.value) == kind:
                    return kind
        raise Unreadable(f"{_at(key)}this is none of {', '.join(KINDS)}")

    def _entries(self, kind: Kind) -> Iterator[Row | Fault]:
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            line = event.start_mark.line + 1
            node, last = self._node(event, 1), self._last
            self._last = line
            if not isinstance(node, dict):
                yield Fault(line, "", "it is no entry: an entry has names and values")
            elif line == last:
                yield Fault(line, "", "two entries begin on this line: each has one of its own, which names it")
            else:
                yield from self._rows(kind, line, node)

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return "" if event.implicit[0] and event.value in _NULLS else str(event.value)
        if depth > MOST_DEPTH:
            raise Unreadable(f"{_at(event)}lists and mappings are more than {MOST_DEPTH} deep here")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Placed] = []
            while not isinstance(item := self._next(), yaml.SequenceEndEvent):
                items.append((item.start_mark.line + 1, self._node(item, depth + 1)))
            return items
        return self._mapping(depth)

    def _mapping(self, depth: int) -> dict[str, Placed]:
        found: dict[str, Placed] = {}
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise Unreadable(f"{_at(key)}a name is a text")
            if key.value in found:
                raise Unreadable(f"{_at(key)}{key.value} stands there twice")
            value = self._next()
            found[key.value] = (value.start_mark.line + 1, self._node(value, depth + 1))
        return found

    def _rows(self, kind: Kind, line: int, entry: dict[str, Placed]) -> Iterator[Row | Fault]:
        faults: list[Fault] = []
        own = self._cells(kind, entry, faults, {})
        rows = [(line, own)]
        if kind == "stations" and "identity" in own:
            rows += self._connectors(entry, own["identity"], faults)
        yield from faults or (Row(kind, at, cells) for at, cells in rows)

    def _connectors(
        self, station: dict[str, Placed], identity: str, faults: list[Fault]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """One row for each connector, or for an EVSE that names none."""
        for evse_line, evse in _listed(station, _EVSES, faults):
            cells = {"identity": identity, "evse": "1"} | self._cells("stations", evse, faults, {"number": "evse"})
            connectors = _listed(evse, _CONNECTORS, faults)
            for at, connector in connectors:
                said = self._cells("stations", connector, faults, {"number": "connector"})
                yield at, cells | {"connector": "1"} | said
            if not connectors:
                yield evse_line, cells

    def _cells(
        self, kind: Kind, entry: dict[str, Placed], faults: list[Fault], besides: dict[str, str]
    ) -> dict[str, str]:
        cells: dict[str, str] = {}
        for name, (line, node) in entry.items():
            known = besides.get(plain(name)) or column(kind, name)
            if known is None:
                if plain(name) not in (_EVSES, _CONNECTORS) or kind != "stations":
                    self._ignore(kind, name)
            elif not isinstance(node, str):
                faults.append(Fault(line, known, "it is one value, not a list or a mapping"))
            elif len(node) > LONGEST_CELL:
                faults.append(Fault(line, known, f"it has more than {LONGEST_CELL} characters"))
            elif text := node.strip():
                cells[known] = text
        return cells

    def _ignore(self, kind: Kind, name: str) -> None:
        before = self.ignored.get(kind, ())
        if name not in before:
            self.ignored[kind] = (*before, name)


def _listed(entry: dict[str, Placed], name: str, faults: list[Fault]) -> list[tuple[int, dict[str, Placed]]]:
    """The mappings in the list of that name."""
    line, node = next((value for key, value in entry.items() if plain(key) == name), (0, ""))
    items: list[tuple[int, dict[str, Placed]]] = []
    if isinstance(node, list):
        for at, item in node:
            if isinstance(item, dict):
                items.append((at, item))
            else:
                faults.append(Fault(at, name, "each of them has names and values"))
    elif node:
        faults.append(Fault(line, name, "it is a list: each entry begins with a hyphen"))
    return items


def _at(event: Any) -> str:
    return f"line {event.start_mark.line + 1}: "
