"""Tokens of an issuer: what is checked before anybody is believed, and whom their claims make of somebody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from unit.console.console_provider import AUDIENCE, CLIENT, URL, Provider, new_key

from volt_console.access.claims import Claims
from volt_console.access.errors import BadToken, IssuerAway
from volt_console.access.issuer import AGAIN_S, KEEP_S, SKEW_S, may_be_trusted

PLAIN = Claims("tenant", "roles", {})
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def provider() -> Provider:
    """Making a key of this kind takes a while: one for all tests that do not change it."""
    return Provider()


async def test_a_good_token_is_believed(provider: Provider) -> None:
    said = await provider.issuer().claims(provider.token(), AUDIENCE)
    found = PLAIN.principal(said)
    assert (found.tenant, found.actor.kind, found.actor.id, found.name) == ("demo", "operator", "7f3a", "Otto")
    assert found.roles == {"operator"}
    assert found.until is not None
    assert found.until > NOW


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": CLIENT},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": URL + "/"},
        {"exp": NOW - timedelta(seconds=SKEW_S + 5)},
        {"exp": None},
        {"iat": NOW + timedelta(hours=1)},
        {"nbf": NOW + timedelta(hours=1)},
        {"sub": None},
        {"aud": [AUDIENCE, "other"], "azp": "other"},
    ],
    ids=str,
)
async def test_a_wrong_claim_is_refused(provider: Provider, claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await provider.issuer().claims(provider.token(**claims), AUDIENCE)


async def test_clocks_may_differ_a_little(provider: Provider) -> None:
    late = provider.token(exp=datetime.now(UTC) - timedelta(seconds=SKEW_S - 20))
    assert await provider.issuer().claims(late, AUDIENCE)


async def test_a_foreign_or_missing_signature_is_refused(provider: Provider) -> None:
    said = jwt.decode(provider.token(), options={"verify_signature": False})
    shared = jwt.encode(said, "secret secret secret secret secret", "HS256", headers={"kid": "first"})
    unsigned = jwt.encode(said, "", "none", headers={"kid": "first"})
    foreign = jwt.encode(said, new_key(), "RS256", headers={"kid": "first"})
    head, body, signature = provider.token().split(".")
    for token in (shared, unsigned, foreign, f"{head}.{body}.", f"{head}.{body}x.{signature}", "a.b.c", "", "vlk_x"):
        with pytest.raises(BadToken):
            await provider.issuer().claims(token, AUDIENCE)


async def test_another_nonce_belongs_to_another_sign_in(provider: Provider) -> None:
    token = provider.token(aud=CLIENT, nonce="mine")
    assert await provider.issuer().claims(token, CLIENT, "mine")
    with pytest.raises(BadToken, match="another sign-in"):
        await provider.issuer().claims(token, CLIENT, "other")
    with pytest.raises(BadToken, match="another sign-in"):
        await provider.issuer().claims(provider.token(aud=CLIENT), CLIENT, "mine")


async def test_keys_are_kept_and_looked_for_again_when_one_is_unknown() -> None:
    provider = Provider()
    issuer = provider.issuer()
    for _ in range(3):
        await issuer.claims(provider.token(), AUDIENCE)
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
    provider.change_key()
    with pytest.raises(BadToken):
        await issuer.claims(provider.token(), AUDIENCE)
    assert provider.asked.count("/keys") == 1
    provider.now += AGAIN_S + 1
    assert await issuer.claims(provider.token(), AUDIENCE)
    for _ in range(3):
        with pytest.raises(BadToken):
            await issuer.claims(provider.token(kid="nobody's"), AUDIENCE)
    assert provider.asked.count("/keys") == 2
    provider.now += KEEP_S + 1
    assert await issuer.claims(provider.token(), AUDIENCE)
    assert provider.asked.count("/keys") == 3


async def test_a_key_that_does_not_say_its_algorithm_takes_that_of_the_token() -> None:
    provider = Provider(with_alg=False)
    assert await provider.issuer().claims(provider.token(algorithm="RS512"), AUDIENCE)
    assert await provider.issuer().claims(provider.token(algorithm="PS256"), AUDIENCE)


async def test_an_issuer_that_is_away_is_told_apart_from_a_bad_token(provider: Provider) -> None:
    away = Provider()
    away.down = True
    with pytest.raises(IssuerAway, match="502"):
        await away.issuer().claims(away.token(), AUDIENCE)
    for said in ({"issuer": "https://other.example"}, {"jwks_uri": "http://issuer.example/keys"}, {"jwks_uri": None}):
        away.down, away.said = False, said
        with pytest.raises(IssuerAway):
            await away.issuer().claims(away.token(), AUDIENCE)


async def test_a_code_that_the_issuer_refuses(provider: Provider) -> None:
    with pytest.raises(BadToken, match="does not take the code"):
        await provider.issuer().exchange("code", "verifier", "https://console.example/sign-in/back")


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("https://issuer.example", True),
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost", True),
        ("http://issuer.example", False),
        ("ftp://127.0.0.1", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_what_nobody_can_change_on_its_way_is_trusted(address: str, trusted: bool) -> None:
    assert may_be_trusted(address) is trusted


def _said(**claims: Any) -> dict[str, Any]:
    return {"sub": "s", "exp": 2_000_000_000, "tenant": "demo", "roles": ["viewer"], **claims}


def test_roles_and_tenant_stand_where_the_settings_say() -> None:
    names = Claims("https://volt/tenant", "realm_access.roles", {"cpo-admins": "admin", "cpo-all": "viewer"})
    said = _said(realm_access={"roles": ["cpo-admins", "admin", "offline"]})
    assert names.principal(said | {"https://volt/tenant": "north"}).roles == {"admin"}
    assert names.principal(said | {"https://volt/tenant": "north"}).tenant == "north"
    assert PLAIN.principal(_said(roles="finance")).roles == {"finance"}


@pytest.mark.parametrize(
    "claims",
    [
        {"tenant": None},
        {"tenant": "-"},
        {"tenant": ""},
        {"tenant": "demo/x"},
        {"tenant": "a" * 64},
        {"tenant": ["demo"]},
        {"tenant": "d\N{LATIN SMALL LETTER E WITH ACUTE}mo"},
        {"roles": []},
        {"roles": None},
        {"roles": [7, {"admin": 1}]},
        {"roles": ["Admin"]},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a b"},
        {"sub": "a" * 256},
    ],
    ids=str,
)
def test_whoever_has_no_tenant_or_no_role_does_not_come_in(claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        PLAIN.principal(_said(**claims))


def test_the_log_gets_the_subject_and_never_the_name() -> None:
    found = PLAIN.principal(_said(name="Otto Okafor", email="otto@example.org"))
    assert found.actor.text == "operator:s"
    assert "Otto" not in repr(found.actor)
    assert PLAIN.principal(_said()).name == "s"
