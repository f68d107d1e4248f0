"""The pages that stand in the head of every page, each for those who may see it."""

from typing import NamedTuple

from volt_console.access.rights import Right


class Entry(NamedTuple):
    """A page: its name in `here`, its address, what it is called, and the right that it needs."""

    name: str
    address: str
    title: str
    right: Right


NAVIGATION: tuple[Entry, ...] = (
    Entry("overview", "/", "Overview", "see"),
    Entry("stations", "/stations", "Stations", "see"),
    Entry("sessions", "/sessions", "Visits", "see"),
    Entry("tokens", "/tokens", "Tokens", "see"),
    Entry("accounts", "/accounts", "Accounts", "see"),
    Entry("onboarding", "/onboarding", "Onboarding", "see"),
    Entry("imports", "/imports", "Imports", "imports"),
    Entry("dead_letters", "/dead-letters", "Dead letters", "dead_letters"),
    Entry("audit", "/audit", "Audit", "audit"),
    Entry("keys", "/keys", "Keys", "keys"),
    Entry("api", "/api", "API", "see"),
)
