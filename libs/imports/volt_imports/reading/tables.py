"""A table's cells become rows by its header: the same for CSV and for sheets."""

from collections.abc import Iterable, Iterator

from volt_imports.columns import Header
from volt_imports.limits import LONGEST_CELL
from volt_imports.rows import Fault, Row


def rows_of(header: Header, lines: Iterable[tuple[int, list[str]]]) -> Iterator[Row | Fault]:
    """Every row that is not blank."""
    kind, places, width = header.kind, header.places, header.width
    for line, cells in lines:
        if not any(cells):
            continue
        count = len(cells)
        if count > width and any(map(str.strip, cells[width:])):
            yield Fault(line, "", f"it has {count} cells, the header has {width}")
        elif max(map(len, cells)) > LONGEST_CELL:
            yield Fault(line, "", f"it has a cell of more than {LONGEST_CELL} characters")
        else:
            said = {name: text for place, name in places if place < count and (text := cells[place].strip())}
            if said:
                yield Row(kind, line, said)
