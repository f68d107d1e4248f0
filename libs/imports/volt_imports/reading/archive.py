"""A workbook is an archive: what it would unpack to is known before anything of it is read.

Its own word on that is checked by unpacking it piece by piece, and a cell far out, which would make a table of billions
of empty ones, is found on the way.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from volt_imports.limits import MIB, MOST_COLUMNS, MOST_PARTS, MOST_UNPACKED_BYTES
from volt_imports.rows import Unreadable

_PIECE = MIB
_OVERLAP = 32
_LOCAL_HEADER = 30
_FAR_OUT = re.compile(rb"r=[\"'](?:[A-Z]{3}|[D-Z][A-Z]|[A-Z]{0,2}(?:[2-9]\d{6}|\d{8}))", re.IGNORECASE)
"""A cell or row beyond column CZ or row 2,000,000 (ECMA-376 part 1, §18.3.1.4 and §18.3.1.73)."""
NO_WORKBOOK = "it is no XLSX workbook: save it as .xlsx, without a password"


def check_archive(path: Path) -> None:
    """Refuse an archive that is no workbook, or one that would fill the memory.

    Raises:
        Unreadable: its text says why.
    """
    try:
        with ZipFile(path) as archive, path.open("rb") as raw:
            parts = archive.infolist()
            _check_declared(parts)
            for part in parts:
                _check_part(part, raw)
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as wrong:
        raise Unreadable(NO_WORKBOOK) from wrong


def _check_declared(parts: list[ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"it holds {len(parts)} files; a workbook has at most {MOST_PARTS}")
    size = sum(part.file_size for part in parts)
    if size > MOST_UNPACKED_BYTES:
        raise Unreadable(f"it unpacks to {size // MIB} MiB; {MOST_UNPACKED_BYTES // MIB} MiB can be read")
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise Unreadable(NO_WORKBOOK)


def _check_part(part: ZipInfo, raw: IO[bytes]) -> None:
    before, size = b"", 0
    is_sheet = "sheet" in part.filename.lower()
    for piece in _unpacked(part, raw):
        size += len(piece)
        if size > part.file_size:
            raise Unreadable(f"its part {part.filename!r} is larger than it says")
        if is_sheet and _FAR_OUT.search(before + piece):
            raise Unreadable(f"a sheet has cells beyond column {MOST_COLUMNS} or row 2,000,000: remove them")
        before = piece[-_OVERLAP:]


def _unpacked(part: ZipInfo, raw: IO[bytes]) -> Iterator[bytes]:
    """What a part holds, to its very end: Python's own reader stops where the archive says that it ends."""
    raw.seek(part.header_offset)
    head = raw.read(_LOCAL_HEADER)
    if len(head) < _LOCAL_HEADER or head[:4] != b"PK\x03\x04":
        raise BadZipFile("no local header")
    raw.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    left = part.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == ZIP_DEFLATED else None
    while left > 0 and (packed := raw.read(min(left, _PIECE // 4))):
        left -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed:
            yield inflater.decompress(packed, _PIECE)
            packed = inflater.unconsumed_tail
