"""BootNotification: the registration that was decided elsewhere, and our time (OCPP 1.6 §4.2, 2.x B01-B03)."""

from volt_contracts.gateway import Decision, Registration
from volt_gateway.answers.call import Call, Reply
from volt_gateway.answers.desk import Desk
from volt_ocpp import answers
from volt_ocpp.answers import RegistrationStatus

_WORDS: dict[Registration, RegistrationStatus] = {
    "accepted": "Accepted",
    "pending": "Pending",
    "rejected": "Rejected",
}


def answer(desk: Desk, call: Call) -> Reply:
    """Accepted, Pending or Rejected, with the heartbeat interval or the time to wait before the next boot."""
    registration = desk.registration(call.link)
    call.link.registration = registration
    settings = desk.settings
    accepted = registration == "accepted"
    interval = settings.boot_interval_accepted_s if accepted else settings.boot_interval_waiting_s
    payload = answers.boot_notification(_WORDS[registration], interval, call.received_at)
    return Reply(payload, Decision(registration=registration))
