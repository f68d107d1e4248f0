"""The twin's patience and bounds. All of them are constants: a decider reads no settings, so that a replay is exact."""

from datetime import timedelta

LATE_AFTER = timedelta(seconds=60)
"""A fact older than this when it arrives was made while the station was offline, if it can have been offline then."""
IN_A_ROW = timedelta(seconds=10)
"""Statuses of one link that come within this may have changed places."""
SETTLED_AFTER = timedelta(minutes=5)
"""What a station has queued without a link is through when it has had one for so long."""
AHEAD_AFTER = timedelta(seconds=60)
"""A station clock ahead by more than this is `offset`."""
ABSURD = timedelta(days=1)
"""A station clock that is off by more than this is no clock."""
STEADY_FOR = timedelta(minutes=2)
STEADY_WITHIN = timedelta(seconds=30)
"""Facts that long apart whose ages differ by no more than this come from a clock that is off, and are not late."""

SILENT_AFTER = timedelta(minutes=12, seconds=30)
"""2.5 times the five minutes after which a gateway says that a quiet link is alive."""
BOOT_AWAITED_FOR = timedelta(seconds=60)
"""After this on a link, a station that never booted on record is asked for its BootNotification."""

STUBS = 50
"""Ended transactions that are remembered."""
STUBS_FOR = timedelta(days=7)
RUNNING = 40
"""Transactions that may be open at once; a station that never stops any of them loses its oldest ones."""
RECENT_STARTS = 20
EVSES = 64
CONNECTORS = 16
WINDOW = 50
"""Identities of readings and statuses per EVSE, by which repetitions are told."""
WAITING = 12
"""Frames per EVSE whose readings may still turn out to belong to a transaction that starts later."""
GAPS = 50
"""Missing sequence numbers that are listed for one transaction."""
AFTER_END = timedelta(seconds=60)
"""Readings without a transaction id that come so shortly after an end are its closing ones."""

GRANT_FOR = timedelta(seconds=120)
"""How long after a remote start its token is accepted on the grant alone."""
START_WITHIN = timedelta(seconds=30)
"""A remote start is never sent later than this after its request, unless the request says so."""
SENT_WITHIN = timedelta(seconds=40)
"""How long any other command may wait for the calls before it. With what follows it has its outcome after 80 seconds,
before anybody who waits for it gives up (90 seconds in `session`)."""
ANSWER_WITHIN = timedelta(seconds=30)
"""How long the gateway waits for a station's answer."""
REPORTED_WITHIN = timedelta(seconds=10)
"""What the gateway's own report may take on top."""
COMMANDS = 20
"""Commands of one station that may be unfinished at once."""
OUTCOMES = 10
"""Outcomes that are remembered, to be given again when a command is repeated."""
