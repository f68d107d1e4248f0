"""A file that somebody sends: counted while it comes, put on disk where nobody else can read it, gone afterwards."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from volt_console.web.guard import LARGEST_UPLOAD
from volt_console.web.problems import Problem

ENDINGS = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
}
FORM = "multipart/form-data"
_PIECE = 1 << 20
_MOST_FIELDS = 8


@dataclass(frozen=True)
class Upload:
    """A file on this machine's disk, what its sender calls it, and what else stood in its form."""

    path: Path
    name: str
    fields: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def upload(request: Request, name: str | None) -> AsyncIterator[Upload]:
    """The file of a request, until the block ends: its body, or the part `file` of a form.

    Raises:
        Problem: it is too large, of a type that cannot be imported, or there is none.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    with tempfile.NamedTemporaryFile(prefix="volt-import-") as file:
        if media_type == FORM:
            sent, fields = await _from_form(request, file)
            yield Upload(Path(file.name), sent, fields)
            return
        ending = ENDINGS.get(media_type, "")
        if not ending and not name:
            raise Problem(
                415,
                "unknown-type",
                "Unknown type",
                f"Send {', '.join(ENDINGS)}, a form with a `file`, or say a `name` that ends in .csv, .xlsx or .yaml.",
            )
        await _from_body(request, file)
        yield Upload(Path(file.name), name or f"import{ending}")


async def _from_body(request: Request, file: IO[bytes]) -> None:
    size, pieces = 0, bytearray()
    try:
        async for piece in request.stream():
            size += len(piece)
            _check_size(size)
            pieces += piece
            if len(pieces) >= _PIECE:
                await asyncio.to_thread(file.write, bytes(pieces))
                pieces.clear()
    except ClientDisconnect as left:
        raise Problem(400, "cut-off", "Cut off", "The file did not come whole.") from left
    stated = request.headers.get("content-length")
    if stated is not None and stated.isdecimal() and int(stated) != size:
        raise Problem(400, "cut-off", "Cut off", "The file did not come whole.")
    await asyncio.to_thread(_end, file, bytes(pieces))


async def _from_form(request: Request, file: IO[bytes]) -> tuple[str, dict[str, str]]:
    """Starlette puts what is large on disk while it comes; what was cut off has no end and is no form."""
    if b"boundary" not in parse_options_header(request.headers.get("content-type"))[1]:
        raise Problem(400, "no-form", "No form", "A form names the boundary of its parts.")
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
            sent = form.get("file")
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise Problem(422, "no-file", "No file", "Choose a file.")
            _check_size(sent.size or 0)
            await asyncio.to_thread(_copy, sent.file, file)
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return sent.filename, fields
    except MultiPartException as wrong:
        raise Problem(400, "no-form", "No form", f"The form cannot be read: {wrong.message}.") from wrong
    except ClientDisconnect as left:
        raise Problem(400, "cut-off", "Cut off", "The file did not come whole.") from left


def _check_size(size: int) -> None:
    if size > LARGEST_UPLOAD:
        detail = f"A file may have {LARGEST_UPLOAD >> 20} MiB here; `voltlog network import` takes larger ones."
        raise Problem(413, "too-large", "Too large", detail)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while piece := source.read(_PIECE):
        target.write(piece)
    target.flush()


def _end(file: IO[bytes], rest: bytes) -> None:
    file.write(rest)
    file.flush()
