"""Every fault by name: one sentence for people, and the field of `Faults` that holds it while it lasts.

It imports nothing heavy: the command line reads it without starting a fleet.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultNote:
    """`field` is None for what happens once; what lasts does so until it is healed, or for the `seconds` given."""

    sentence: str
    field: str | None = None


CATALOGUE: Mapping[str, FaultNote] = {
    "disconnect": FaultNote("The network cable is out for 10 seconds, or --seconds; cars go on charging."),
    "power_loss": FaultNote("The power fails: transactions end, the socket breaks, and the station boots again."),
    "emergency_stop": FaultNote("Somebody presses the button: energy stops, the cars stay."),
    "reboot": FaultNote("The controller restarts by itself and is away for 2 seconds, or --seconds."),
    "deaf": FaultNote("Commands get no answer for 10 seconds, or --seconds.", "deaf"),
    "frozen": FaultNote("The controller hangs: the socket stays open, nothing is said, read or answered.", "frozen"),
    "flapping_link": FaultNote("The link breaks every few seconds and comes back.", "flapping_link"),
    "unset_clock": FaultNote("The clock falls back to 1970.", "clock_unset"),
    "clock_off": FaultNote(
        "The clock is an hour ahead, or off by --offset seconds, or --stuck, or local time --without-zone.", "clock_off"
    ),
    "session_register": FaultNote("From the next transaction on the register begins at 0.", "session_register"),
    "duplicates": FaultNote("Half of the transaction messages are sent twice.", "duplicates"),
    "duplicate_frames": FaultNote("Every call is sent twice.", "duplicate_frames"),
    "late_stops": FaultNote("Stop messages come about 10 seconds late, or --seconds.", "late_stop_s"),
    "lost_stop": FaultNote("Transactions end, and no message ever says so.", "lost_stop"),
    "lying_status": FaultNote("Every connector says Available, also while it charges.", "lying_status"),
    "stuck_connector": FaultNote("The plug cannot be pulled: unlocking fails, the car stays.", "stuck_connector"),
    "refuses_remote_start": FaultNote("Every remote start is rejected.", "refuses_remote_start"),
    "ignores_limits": FaultNote("Charging profiles are accepted and not obeyed.", "ignores_limits"),
    "firmware_loop": FaultNote(
        "A firmware update fails over and over: download, install, restart, failure, and again.", "firmware_loop"
    ),
    "heal": FaultNote("No fault any more."),
}
