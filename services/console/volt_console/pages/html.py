"""Renders the templates: Jinja2 with escaping on, the words of `words.py` as filters, and addresses of static files."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from volt_console.pages import suspicions, words
from volt_console.pages.navigation import NAVIGATION
from volt_console.queries.timeline import Record
from volt_console.views.sentences import command_name

STATIC = Path(__file__).parent.parent / "static"


def moment(when: datetime | None, style: str = "ago") -> Markup:
    """A time element; the page's script shows it in the reader's zone (`ago`, `clock`, `since` or `full`)."""
    if when is None:
        return Markup("–")
    return Markup('<time datetime="{}" data-style="{}" title="{}" hx-morph-skip-children>{}</time>').format(
        when.isoformat(timespec="milliseconds"), style, when.strftime("%Y-%m-%d %H:%M:%S UTC"), _plain(when, style)
    )


def _plain(when: datetime, style: str) -> str:
    return when.strftime("%H:%M:%S" if style == "clock" else "%Y-%m-%d %H:%M")


@cache
def static(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def record_address(record: Record) -> str:
    """Where the record itself can be looked at."""
    return f"/records/{record.topic}/{record.partition}/{record.offset}"


FILTERS: tuple[Callable[..., Any], ...] = (
    command_name,
    moment,
    record_address,
    suspicions.changes,
    suspicions.missing,
    suspicions.plain,
    suspicions.revised,
    words.condition,
    words.curve_paths,
    words.doing,
    words.kw,
    words.kwh,
    words.oddities,
    words.outcome,
    words.tail,
    words.percent,
    words.plug_name,
    words.protocol,
    words.short,
    words.span,
    words.standing,
    words.token_changes,
)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("volt_console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in FILTERS}
    environment.globals |= {
        "navigation": NAVIGATION,
        "static": static,
        "plug_name": words.plug_name,
        "span": words.span,
    }
    return environment


_templates = _environment()


def render(template: str, **values: Any) -> str:
    """A template as HTML."""
    return _templates.get_template(template).render(values)
