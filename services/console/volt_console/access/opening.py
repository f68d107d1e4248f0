"""Which door the settings ask for, and what makes no sense is said before anybody can come in."""

from datetime import timedelta

from volt_console.access.claims import Claims
from volt_console.access.dev_issuer import PATH, DevIssuer, dev_issuer_pages
from volt_console.access.doors import Door, OpenDoor
from volt_console.access.issuer import Issuer, may_be_trusted
from volt_console.access.issuer_door import IssuerDoor
from volt_console.access.keys import KeyRows, Keys
from volt_console.access.loopback import is_loopback
from volt_console.access.seal import Seal
from volt_console.access.sign_in import Way
from volt_console.settings import ConsoleSettings
from volt_runtime.run import StartError


def door_of(settings: ConsoleSettings, rows: KeyRows) -> Door:
    """How people and programs come in.

    Raises:
        StartError: the settings would let in whom nobody knows.
    """
    if settings.oidc_issuer:
        return _with_issuer(settings, _keys(settings, rows))
    if not _on_this_machine_only(settings):
        raise StartError(
            "VOLT_OIDC_ISSUER is not set, so anybody would be an admin: the console does not listen on"
            f" {settings.console_host} but on loopback only"
        )
    if not settings.dev_issuer:
        return OpenDoor(settings.tenant, _keys(settings, rows, settings.tenant))
    if settings.environment != "local":
        raise StartError("VOLT_DEV_ISSUER is set: an issuer that asks for no password is for the local stack alone")
    return _with_dev_issuer(settings, _keys(settings, rows))


def _on_this_machine_only(settings: ConsoleSettings) -> bool:
    published_there = settings.console_on_loopback_only and settings.environment == "local"
    return published_there or is_loopback(settings.console_host)


def _with_issuer(settings: ConsoleSettings, keys: Keys) -> IssuerDoor:
    if not may_be_trusted(settings.oidc_issuer):
        raise StartError(f"VOLT_OIDC_ISSUER={settings.oidc_issuer!r} cannot be trusted: it has to be an https address")
    if not is_loopback(settings.console_host) and not settings.console_url.startswith("https://"):
        raise StartError("VOLT_CONSOLE_URL is not set to the https address that browsers reach the console by")
    client_secret = settings.oidc_client_secret.get_secret_value()
    issuer = Issuer(settings.oidc_issuer, settings.oidc_client_id, client_secret)
    claims = Claims(settings.oidc_tenant_claim, settings.oidc_roles_claim, settings.oidc_roles)
    return IssuerDoor(issuer, claims, _seal(settings), _way(settings), settings.oidc_audience, keys)


def _with_dev_issuer(settings: ConsoleSettings, keys: Keys) -> IssuerDoor:
    own = DevIssuer(
        f"http://127.0.0.1:{settings.console_port}{PATH}",
        settings.oidc_client_id,
        settings.oidc_audience,
        _secret(settings),
    )
    issuer = Issuer(own.url, settings.oidc_client_id)
    claims = Claims("tenant", "roles", {})
    return IssuerDoor(
        issuer, claims, _seal(settings), _way(settings), settings.oidc_audience, keys, (dev_issuer_pages(own),)
    )


def _keys(settings: ConsoleSettings, rows: KeyRows, only: str | None = None) -> Keys:
    return Keys(rows, settings.token_secret.get_secret_value(), only)


def _seal(settings: ConsoleSettings) -> Seal:
    return Seal(_secret(settings), timedelta(seconds=settings.session_s))


def _way(settings: ConsoleSettings) -> Way:
    return Way(settings.console_url, settings.oidc_scope, settings.session_s)


def _secret(settings: ConsoleSettings) -> str:
    secret = settings.console_secret.get_secret_value() or settings.token_secret.get_secret_value()
    if not secret:
        raise StartError("neither VOLT_CONSOLE_SECRET nor VOLT_TOKEN_SECRET is set: no session could be signed")
    return secret
