"""How often a process looks for garbage that refers to itself."""

import gc

THRESHOLDS = (20_000, 20, 50)
"""Python's own (700, 10, 10) looks after every 60th record or so, and now and then through all there is: a fifth of
what it costs to read and fold a log. Records, states and rows refer to nothing that refers back."""


def look_rarely() -> None:
    """For processes that handle many records; to be called once, at the start."""
    gc.set_threshold(*THRESHOLDS)
