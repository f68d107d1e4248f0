"""The shape of a view: a fold of topics into tables of Postgres."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from volt_contracts.topics import Topic
from volt_eventlog.message import Message


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with psycopg's named parameters; `{table}` stands for a table of the view in the generation being written."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)


Apply = Callable[[Sequence[Message]], Sequence[Statement]]


@dataclass(frozen=True)
class View:
    """A view, its topics and its tables.

    `tables` maps a table's name to its columns and constraints (what stands between the brackets of CREATE TABLE);
    `indexes` are statements with `{table}`. Each table is made as `{name}_g{generation}`; queries use `{name}`, which
    shows the promoted generation.

    `apply(batch)` gets messages, those of one partition of a topic in log order, and returns what to run. There are
    some 1,000 of each partition at most, and partitions follow each other: a key is of one partition only.
    Every column is written from one topic, or its merge is commutative; a row belongs to one partition; no column
    holds the time of writing, so that a rebuild gives the same rows whatever the batches were.
    """

    name: str
    schema: str
    generation: int
    topics: tuple[Topic, ...]
    tables: Mapping[str, str]
    apply: Apply
    types: frozenset[str] | None = None
    """Tags of the messages that it folds; all others are passed over undecoded. None: it folds all."""
    indexes: tuple[str, ...] = ()
    notifies: Callable[[Sequence[Message]], Sequence[str]] | None = None
    """Payloads for `NOTIFY {schema}_{name}` in the batch's own transaction, for pages that follow it live."""
    compared: Mapping[str, str] = field(default_factory=dict)
    """Table → columns whose hash is compared between generations, in a fixed order."""
