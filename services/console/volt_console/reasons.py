"""Why a station does not get in, in plain words: what happened, and what to do. One sentence for each, no jargon."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from volt_contracts.gateway import RefusalReason

Reason = RefusalReason | Literal["pending", "rejected"]
"""Why an upgrade was refused, or how a station that is connected stands."""

REASONS: tuple[Reason, ...] = tuple(word for part in get_args(Reason) for word in get_args(part))


@dataclass(frozen=True)
class Words:
    """`title` names it in a few words."""

    title: str
    happened: str
    to_do: str


WORDS: Mapping[Reason, Words] = {
    "unknown_station": Words(
        "Not registered",
        "A charger that is not registered here tried to connect.",
        "If it is yours, adopt it. If its name is a typing mistake, correct the name in the charger's settings.",
    ),
    "unknown_tenant": Words(
        "Wrong network name",
        "The address in the charger's settings names a network (tenant) that does not exist here.",
        "Compare the address in the charger's settings with the one shown on this page, capital letters included.",
    ),
    "bad_path": Words(
        "Wrong address",
        "The address in the charger's settings is not complete, or the charger's name holds a sign that is "
        "not allowed.",
        "Enter the address that is shown on this page. A name may have letters, digits and signs such as - _ "
        ". but no blanks.",
    ),
    "identity_too_long": Words(
        "Name too long",
        "The charger calls itself by a name of more than 48 characters.",
        "Give it a shorter name in its settings (often called identity, charge point id or charge box id).",
    ),
    "wrong_password": Words(
        "Wrong password",
        "The charger sent a user name or password that is not the one registered for it.",
        "Set a new password here and enter it in the charger. Its user name must be the charger's own name.",
    ),
    "no_password": Words(
        "No password sent",
        "The charger sent no password, but one is asked for.",
        "Switch on basic authentication (security profile 1 or 2) in the charger and enter its password; you "
        "can set a new one here.",
    ),
    "password_unchecked": Words(
        "Password being checked",
        "The password was still being checked when the charger gave up waiting.",
        "Nothing: the charger tries again by itself and gets its answer. If this goes on for minutes, ask "
        "whoever runs the server.",
    ),
    "too_many_passwords": Words(
        "Too many passwords tried",
        "From this internet address one password after the other was tried for this charger. They are not checked "
        "any more until it has been quiet for a while.",
        "If it is your charger, set a new password here and enter it in the charger. If it is not, somebody guesses: "
        "the charger's own password keeps working.",
    ),
    "no_subprotocol": Words(
        "No OCPP version named",
        "The charger did not say which version of OCPP it speaks.",
        "Choose OCPP 1.6 (JSON), 2.0.1 or 2.1 in its settings, or update its software. SOAP is not spoken here.",
    ),
    "wrong_version": Words(
        "Unsupported OCPP version",
        "The charger speaks only versions of OCPP that are not spoken here.",
        "Set it to OCPP 1.6 (JSON), 2.0.1 or 2.1; if it offers none of these, its software needs an update.",
    ),
    "too_many_connections": Words(
        "Too many connections",
        "Too many connections come from the same internet address, or altogether.",
        "If many chargers share one router, ask whoever runs the server to raise the limit. If not, look for "
        "a device that connects again and again.",
    ),
    "connects_too_often": Words(
        "Connects again and again",
        "The charger gives its connection up within seconds and opens another one, over and over.",
        "Look whether two chargers have the same name, then at its network (mobile reception, router) and software. "
        "It gets in again by itself, but not more often than every few seconds.",
    ),
    "not_ready": Words(
        "Server was not ready",
        "The server was starting, or too many chargers came at the same time.",
        "Nothing: the charger tries again by itself. If this goes on for minutes, ask whoever runs the server.",
    ),
    "refused_by_policy": Words(
        "Connection not secure enough",
        "The charger is known, but it must connect in a more secure way than it did.",
        "Use an address that begins with wss:// in its settings. If a client certificate is asked for "
        "(security profile 3), lower the profile: certificates are not checked here yet.",
    ),
    "malformed_upgrade": Words(
        "Not a charger's connection",
        "Something asked for a charger's address, but not in the way that chargers connect; often a web "
        "browser or a scanner.",
        "If it is a charger, check that it is set to OCPP over WebSocket (OCPP-J) and that no proxy in "
        "between changes the connection.",
    ),
    "pending": Words(
        "Waiting to be accepted",
        "The charger connects, but nobody has accepted it yet. Until then nobody can charge there.",
        "If it is yours, accept it. It is told so when it next reports in, within some minutes.",
    ),
    "rejected": Words(
        "Rejected",
        "The charger is rejected: it keeps asking, and is told no. Nobody can charge there.",
        "If this was a mistake, accept it. If not, take this address out of the charger's settings.",
    ),
}
"""In the order in which a choice of them is offered."""

Step = Literal["adopt", "password", "accept"]
"""What can be done about it with one button."""

STEPS: Mapping[Reason, Step] = {
    "unknown_station": "adopt",
    "wrong_password": "password",
    "no_password": "password",
    "pending": "accept",
    "rejected": "accept",
}
