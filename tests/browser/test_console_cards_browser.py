"""A token in a real browser: found by what is read from it, corrected, and its outcome seen; three clicks at most."""

import pytest
from browser.axe import violations
from browser.tabs import Browse, Hand, Tab
from integration.console.console_stage import Stage, served, staged
from playwright.async_api import expect
from unit.console.console_drivers import Card, Person
from unit.console.console_log import Log

from volt_contracts.accounts import AccountDetails, AccountProfile
from volt_contracts.drivers import EraseToken, RegisterToken, TokenProfile
from volt_contracts.refs import token_ref

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
REF = token_ref("a secret of the tests", "demo", "04A1B2C3")
MOST_CLICKS = 3


def known(log: Log) -> Card:
    """A token of a person."""
    card = Card(log, REF)
    card.said(account_uid=UID)
    person = Person(log, UID)
    person.joined(REF)
    person.registered()
    return card


def kept(stage: Stage) -> None:
    """The clear values."""
    stage.persons[f"demo/{REF}"] = TokenProfile(token_ref=REF, value="04A1B2C3", token_type="rfid")
    stage.persons[f"demo/{UID}"] = AccountProfile(account_uid=UID, details=AccountDetails(name="Zoë Quist"))


async def well(tab: Tab) -> None:
    """It fits its screen, breaks no rule of axe, and nothing went wrong."""
    assert await violations(tab.page) == []
    assert await tab.overflow() <= 0
    assert tab.troubles == []


async def test_a_token_is_found_corrected_and_followed(database: str, browse: Browse) -> None:
    log, hand = Log(), Hand()
    card = known(log)
    async with staged(database, log) as stage, served(stage) as address:
        kept(stage)
        tab = await browse(address)
        page = tab.page
        await hand.click(page.get_by_role("link", name="Tokens", exact=True))
        await expect(page.locator("#found .row")).to_have_count(1)
        await well(tab)
        await page.locator("#value").fill("04:a1:b2:c3")
        await page.locator("#value").press("Enter")
        await expect(page).to_have_url(f"{address}/tokens/{REF}")
        await expect(page.locator("#token-title")).to_contain_text("Accepted")
        await expect(page.locator("#pulse")).to_have_text("Live")
        await page.locator("#correct select[name=status]").select_option("lost")
        await hand.click(page.get_by_role("button", name="Correct"))
        await expect(page.locator("#answer")).to_contain_text("Correct: accepted")
        assert hand.clicks <= MOST_CLICKS

        command = stage.cards.asked[0][1]
        assert isinstance(command, RegisterToken)
        assert (command.value, command.status, command.expected_version) == ("04A1B2C3", "lost", 1)
        card.said("lost", account_uid=UID)
        await stage.show()
        await expect(page.locator("#token-title")).to_contain_text("Lost")
        await expect(page.locator("#history")).to_contain_text("status accepted → lost")
        await expect(page.locator("#correct input[name=expected_version]")).to_have_value("2")
        await well(tab)


async def test_a_conflict_is_told_and_the_clear_value_is_shown_when_asked_for(database: str, browse: Browse) -> None:
    log = Log()
    known(log)
    async with staged(database, log) as stage, served(stage) as address:
        kept(stage)
        stage.cards.answers = "rejected"
        stage.cards.sentence = "somebody has changed it meanwhile: it is at version 2, not 1"
        tab = await browse(f"{address}/tokens/{REF}")
        page = tab.page
        await expect(page.locator("body")).not_to_contain_text("04A1B2C3")
        await page.locator("#show-value").click()
        await expect(page.locator("#clear")).to_contain_text("04A1B2C3")
        await page.get_by_role("button", name="Correct").click()
        await expect(page.locator("#answer")).to_contain_text("somebody has changed it meanwhile")
        await well(tab)


async def test_erasing_has_to_be_confirmed(database: str, browse: Browse) -> None:
    log = Log()
    card = known(log)
    async with staged(database, log) as stage, served(stage) as address:
        kept(stage)
        tab = await browse(f"{address}/tokens/{REF}")
        page = tab.page
        await expect(page.locator("#pulse")).to_have_text("Live")
        await page.locator("#erase").click()
        assert stage.cards.asked == []
        await page.locator("input[name=sure]").check()
        await page.locator("#erase").click()
        await expect(page.locator("#answer")).to_contain_text("Erase: accepted")
        assert isinstance(stage.cards.asked[0][1], EraseToken)
        card.erased()
        await stage.show()
        await expect(page.locator("#token-title")).to_contain_text("Erased")
        await expect(page.locator("#token")).to_contain_text("nothing is kept")
        await well(tab)


async def test_a_person_is_shown_when_asked_for_and_erased(database: str, browse: Browse) -> None:
    log = Log()
    known(log)
    async with staged(database, log) as stage, served(stage) as address:
        kept(stage)
        tab = await browse(f"{address}/tokens/{REF}")
        page = tab.page
        await page.locator(".crumbs a[href^='/accounts/']").click()
        await expect(page.locator("#account-title")).to_contain_text("Registered")
        await expect(page.locator("body")).not_to_contain_text("Quist")
        await page.locator("#show-details").click()
        await expect(page.locator("#clear")).to_contain_text("Zoë Quist")
        await page.locator("input[name=sure]").check()
        await page.locator("#erase").click()
        await expect(page.locator("#answer")).to_contain_text("Erase: accepted")
        Person(log, UID, version=1).erased()
        await stage.show()
        await expect(page.locator("#account-title")).to_contain_text("Erased")
        await expect(page.locator("body")).not_to_contain_text("Quist")
        await well(tab)


async def test_an_account_is_found_in_the_list(database: str, browse: Browse) -> None:
    log, hand = Log(), Hand()
    known(log)
    Person(log, "1b7f9f04-6a5e-5b60-9f3c-222222222222").registered()
    async with staged(database, log) as stage, served(stage) as address:
        tab = await browse(address)
        page = tab.page
        await hand.click(page.get_by_role("link", name="Accounts", exact=True))
        await expect(page.locator("#found .row")).to_have_count(2)
        await well(tab)
        await page.locator("#search").fill(UID[:6])
        await expect(page.locator("#found .row")).to_have_count(1)
        await expect(page.locator("#found .listed")).to_contain_text("1 account")
        await hand.click(page.locator("#found .row-link"))
        await expect(page.locator("#account-title")).to_contain_text("Registered")
        assert hand.clicks <= MOST_CLICKS
        await well(tab)
