"""People sign in to the deployed console through the local engine's own sign-in pages."""

import httpx
import pytest
from playwright.sync_api import Page

from cli.cloud import Cloud
from cli.console.people import read_passwords
from cli.local_cloud.layout import Layout
from modelfleet.catalogue import names
from modelfleet.console.access.audit import AuditRecord
from modelfleet.console.access.role import Role
from modelfleet.resource_names import Output
from modelfleet.storage import keys
from tests.browsing import Browser
from tests.e2e.conftest import Fleet

pytestmark = pytest.mark.e2e


def _sign_in(page: Page, name: str, password: str) -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


@pytest.mark.parametrize("role", Role)
def test_people_sign_in_and_out(cloud: Cloud, layout: Layout, browser: Browser, role: Role) -> None:
    """Each role sees the fleet under its name, and nothing after signing out.

    The browser asks no other host for anything and blocks nothing that a page needs.
    """
    console = cloud.output(Output.CONSOLE_URL)
    password = read_passwords(layout)[role]

    def act(page: Page) -> None:
        _sign_in(page, role.value, f"{password}x")
        page.wait_for_selector("text=Incorrect")
        _sign_in(page, role.value, password)
        page.wait_for_url(f"{console}*")
        assert role.value in page.inner_text(".person")
        assert all(model in page.inner_text("main") for model in names())
        page.select_option("select[name=theme]", "dark")
        page.click("text=Apply")
        page.wait_for_selector("html[data-theme=dark]")
        page.click("text=Sign out")
        page.wait_for_url("**/console/signed-out")
        page.goto(console)
        assert "/oauth2/authorize" in page.url

    visit = browser.walk(console, act)
    assert visit.complaints == []
    assert {url.split("/")[2] for url in visit.requests} == {console.split("/")[2]}
    assert {("sign_in", role.value), ("sign_out", role.value)} <= _audited(cloud)


def test_fleet_console_signs_in_once(fleet: Fleet, cloud: Cloud) -> None:
    """A second use of the link is refused."""
    told = fleet.ask("console", "--as", "operator", "--json")
    assert told["console_url"] == fleet.ask("status", "--json")["console_url"]
    with httpx.Client(follow_redirects=True) as http:
        assert "operator" in http.get(told["url"]).text
    assert httpx.get(told["url"]).status_code == 400
    assert ("sign_in", "operator") in _audited(cloud)


def _audited(cloud: Cloud) -> set[tuple[str, str]]:
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    records = [AuditRecord.parse(store.get(key).content) for key in store.keys(keys.AUDIT)]
    return {(record.action, record.by) for record in records}
