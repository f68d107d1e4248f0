"""The figures that every decider has for free."""

from collections.abc import Callable

from volt_eventlog.batch import Batch
from volt_runtime.metrics import Metrics


class DeciderStats:
    """Messages by what became of them, batch and restore times, seconds behind."""

    def __init__(self, metrics: Metrics, lane: str) -> None:
        self._metrics = metrics
        self._lane = lane
        self._batch = metrics.histogram("volt_batch_seconds", "one transaction, decided to committed", decider=lane)
        self._restore = metrics.histogram("volt_restore_seconds", "one task's state restored", decider=lane)
        self._checkpoint = metrics.histogram("volt_checkpoint_seconds", "one part of a checkpoint", decider=lane)
        self._snapshots = metrics.counter("volt_snapshots_total", "snapshots written by checkpoints", decider=lane)
        self._outputs = metrics.counter("volt_outputs_total", "records written by transactions", decider=lane)

    def lag(self, read: Callable[[], float]) -> None:
        """How the seconds behind are read."""
        name = "volt_decider_seconds_behind"
        self._metrics.gauge(name, "age of the oldest message that waits", read, decider=self._lane)

    def restored(self, seconds: float, _keys: int) -> None:
        """A task was taken over."""
        self._restore.observe(seconds)

    def checkpoint(self, snapshots: int, seconds: float) -> None:
        """A part of a checkpoint is through."""
        self._checkpoint.observe(seconds)
        self._snapshots.add(snapshots)

    def batch(self, batch: Batch, seconds: float) -> None:
        """A transaction is through."""
        self._batch.observe(seconds)
        self._outputs.add(batch.outbox.count)
        for (what, tag), count in batch.counts.items():
            name, text = "volt_messages_total", "messages by what became of them"
            self._metrics.counter(name, text, decider=self._lane, result=what, type=tag).add(count)
