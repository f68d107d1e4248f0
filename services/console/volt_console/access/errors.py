"""Why somebody does not come in."""


class BadToken(Exception):
    """A token, session or state that is not valid here; its text says why, never what it was."""


class IssuerAway(Exception):
    """The issuer does not answer, or what it says cannot be used."""
