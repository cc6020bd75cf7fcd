"""A link's token becomes a session, and stays nowhere that can be seen."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.console import Service, console

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_token_leaves_the_address_at_once_and_the_session_outlives_a_reload(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.operator) as reader:
        assert "token" not in reader.page.url
        assert "baton_" not in await reader.page.content()
        assert paper.operator not in str(
            await reader.page.evaluate("() => [document.cookie, {...localStorage}, {...sessionStorage}]")
        )
        await reader.page.reload()
        await expect(reader.page.locator("#who")).to_contain_text("operator")
        await reader.page.go_back()
        assert paper.operator not in reader.page.url


async def test_a_token_can_be_pasted_a_wrong_one_is_refused_and_signing_out_ends_it(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper) as reader:
        await reader.page.goto(paper.address)
        field = reader.page.get_by_label("Token")
        await expect(field).to_be_focused()
        await field.fill("baton_wrong")
        await reader.page.keyboard.press("Enter")
        await expect(reader.page.get_by_role("alert")).to_contain_text("This token is unknown")
        await reader.page.get_by_label("Token").fill(paper.viewer)
        await reader.page.keyboard.press("Enter")
        await expect(reader.page.locator("#who")).to_contain_text("Vic watches")
        await reader.press("Sign out")
        await expect(reader.page.get_by_role("alert")).to_have_text("You are signed out.")
        await reader.page.reload()
        await expect(reader.page.get_by_label("Token")).to_be_visible()


async def test_finding_16_a_link_of_somebody_else_asks_before_it_signs_them_in(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.viewer) as reader:
        page = reader.page
        for press, who in (("Stay Vic", "Vic"), ("Sign in as Ann", "Ann")):
            await page.evaluate("token => { location.hash = `#token=${token}` }", paper.second)
            await expect(page.get_by_role("alert")).to_contain_text("You are signed in as Vic")
            await reader.press(press)
            await expect(page.locator("#who")).to_contain_text(who)
        await page.reload()
        await expect(page.locator("#who")).to_contain_text("Ann")


async def test_the_companys_own_sign_in_is_offered_where_it_is_set(browser: Browser, paper: Service) -> None:
    async with console(browser, paper) as reader:
        page = reader.page
        company = page.get_by_role("link", name="Sign in with your company account")
        async with page.expect_response("**/sign-in"):
            await page.goto(paper.address)
        await expect(page.get_by_label("Token")).to_be_focused()
        await expect(company).to_be_hidden()
        await page.route("**/sign-in", lambda route: route.fulfill(json={"openid": True}))
        await page.reload()
        await expect(company).to_be_visible()
        await expect(company).to_have_attribute("href", "/sign-in/openid")
