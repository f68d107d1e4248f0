"""What the gateway counts. Label sets are bounded: actions are those of the specification, or `other`."""

from typing import Literal, get_args

from volt_runtime.metrics import Counter, Metrics

Limit = Literal[
    "admissions",
    "connections",
    "connections_per_address",
    "connects",
    "downlink_queue",
    "frame_rate",
    "frames_in_flight",
    "message_size",
    "opening",
    "parked",
    "passwords",
    "refusal_records",
    "refusals",
    "unknown_tokens",
    "unread_answers",
    "upgrade_request",
]
"""Every limit on what comes in; the README says what happens at each."""

_ACK_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class Meters:
    """Counters that are kept at hand; the rest is asked for by name."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.ack = metrics.histogram(
            "volt_gateway_ack_seconds", "From a frame's arrival until its record was acknowledged", _ACK_SECONDS
        )
        self.unreadable = metrics.counter("volt_gateway_unreadable_total", "Texts that were no frame of their version")
        for limit in get_args(Limit):  # all are there from the start: an alert on a limit must not miss its first time
            self.limited(limit)

    def frames(self, tenant: str, version: str, action: str) -> Counter:
        """Messages from stations."""
        return self.metrics.counter(
            "volt_gateway_frames_total", "Messages from stations", tenant=tenant, version=version, action=action
        )

    def limited(self, limit: Limit) -> Counter:
        """How often a limit held something back."""
        return self.metrics.counter("volt_gateway_limited_total", "Times a limit was reached", limit=limit)

    def dropped(self, reason: str) -> Counter:
        """Answers that did not go out."""
        return self.metrics.counter("volt_gateway_answers_dropped_total", "Answers that were not sent", reason=reason)

    def parked(self, outcome: str) -> Counter:
        """How questions about unknown tokens ended."""
        return self.metrics.counter("volt_gateway_parked_total", "Authorize calls that waited", outcome=outcome)

    def reports(self, report: str) -> Counter:
        """How calls to stations went."""
        return self.metrics.counter("volt_gateway_calls_total", "Calls to stations", report=report)
