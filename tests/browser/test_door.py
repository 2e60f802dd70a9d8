"""The way in, in a real browser: setting up, signing in and out, the account; in both languages, sizes and grounds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

import words
from access import accounts, setup
from access.store import Store
from data.home import Home
from tests.browser.seen import Seen, seen
from tests.browser.started import Running, running
from tests.browser.test_walk import ENGLISH, accessible

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")

NAME, PASSWORD = "amal@park.example", "quatre ruches sous la pluie"
LOOKS = [("desktop", "light", "fr"), ("desktop", "dark", "en"), ("phone", "dark", "fr"), ("phone", "light", "en")]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("door")) as started:
        yield started


@pytest.fixture
def store(app: Running) -> Iterator[Store]:
    made = Store.at(Home.at(app.home))
    yield made
    made.close()


def settled(visit: Seen, language: str) -> None:
    """Whatever no page of the door may show or do."""
    assert accessible(visit) == []
    # That a form is answered by a refusal is what these pages are for.
    visit.console[:] = [told for told in visit.console if not told.startswith("Failed to load resource")]
    assert {name: told for name, told in visit.broken().items() if name != "failed"} == {}
    assert visit.page.evaluate("document.documentElement.lang") == language
    if language == "fr":
        text = str(visit.page.locator("body").inner_text())
        assert [one for one in ENGLISH if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)] == []


def link_of(app: Running) -> str:
    found = re.findall(rf"{re.escape(app.url)}(/setup/\S+)", app.log.read_text())
    assert found, "the link is printed where whoever starts the app sees it"
    return str(found[-1])


def sign_in(page: Page, t: words.Words, name: str, password: str, code: str = "") -> None:
    page.get_by_label(t("Name or e-mail")).fill(name)
    page.get_by_label(t("Password")).fill(password)
    if code:
        page.get_by_label(t("Code")).fill(code)
    page.get_by_role("button", name=t("Sign in")).click()


def test_the_first_account_is_set_up_by_the_link_in_the_terminal(app: Running, chromium: Browser, store: Store) -> None:
    t, link = words.of("fr"), link_of(app)
    with seen(app, chromium, "phone", "fr", "dark", role=None) as visit:
        page = visit.page
        page.goto(app.url + link)
        settled(visit, "fr")
        page.get_by_label(t("Name or e-mail")).fill(NAME)
        page.get_by_label(t("Password"), exact=True).fill("motdepasse")
        page.get_by_label(t("Password, once more")).fill("motdepasse")
        page.get_by_role("button", name=t("Begin")).click()
        field = page.get_by_label(t("Password"), exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        assert page.get_by_label(t("Name or e-mail")).input_value() == NAME
        told = page.locator("#" + str(field.get_attribute("aria-describedby")).split()[0]).inner_text()
        assert "12" in told
        settled(visit, "fr")
        # By the keyboard alone from here.
        field.focus()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("stApp")).to_be_visible(timeout=60_000)
        expect(page.locator(".st-key-reader")).to_contain_text("amal")
        visit.settled()
        settled(visit, "fr")
    (made,) = accounts.list_all(store)
    assert (made.name, made.role) == (NAME, "admin")
    with seen(app, chromium, "desktop", "en", role=None) as visit:
        answer = visit.page.goto(app.url + link)
        assert answer is not None and answer.status == 404
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("This link works no more")
        settled(visit, "en")


@pytest.mark.parametrize("size, scheme, language", LOOKS)
def test_signing_in_and_the_account_look_and_read_well(
    app: Running, chromium: Browser, store: Store, size: str, scheme: str, language: str
) -> None:
    t = words.of(language)
    name = f"karim-{size}-{scheme}@park.example"
    accounts.add(store, name, "analyst", ("Rabat",), PASSWORD)
    with seen(app, chromium, size, language, scheme, role=None) as visit:
        page = visit.page
        page.goto(f"{app.url}/history?lang={language}&show=receipts")
        expect(page).to_have_url(re.compile("/signin"))
        settled(visit, language)
        sign_in(page, t, name, "not this one at all")
        expect(page.get_by_role("alert")).to_have_text(
            t("That did not work: the name, the password or the code is not right.")
        )
        assert page.get_by_label(t("Password")).input_value() == ""
        settled(visit, language)
        # The other language, one click away, keeps where one wanted to go.
        page.get_by_role("link", name={"fr": "English", "en": "Français"}[language]).click()
        page.get_by_role("link", name={"fr": "Français", "en": "English"}[language]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(t("Sign in"))
        visit.console.clear()
        page.goto(f"{app.url}/signin?lang={language}&next=/account")
        sign_in(page, t, name, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text(t("Your account"))
        settled(visit, language)
        assert name in page.locator("main").inner_text() and "Rabat" in page.locator("main").inner_text()
        page.get_by_role("link", name=t("Set it up")).click()
        expect(page.locator("img.qr")).to_be_visible()
        settled(visit, language)
        page.get_by_role("button", name=t("Sign out"), exact=True).click()
        expect(page.get_by_role("status")).to_have_text(t("You are signed out."))
        settled(visit, language)
        page.goto(f"{app.url}/account")
        expect(page).to_have_url(re.compile("/signin"))


def test_a_second_factor_is_set_up_and_asked_for(app: Running, chromium: Browser, store: Store) -> None:
    t, name = words.of("en"), "driss@park.example"
    made = accounts.add(store, name, "analyst", (), PASSWORD)
    with seen(app, chromium, "desktop", "en", role=None) as visit:
        page = visit.page
        page.goto(f"{app.url}/signin?lang=en&next=/account%3Fenrol%3D1")
        sign_in(page, t, name, PASSWORD)
        key = page.locator("section code").inner_text()
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Turn it on").click()
        expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
        assert page.locator("section code").inner_text() == key, "the telephone has read it already"
        settled(visit, "en")
        app_of_theirs = pyotp.TOTP(key.replace(" ", ""))
        page.get_by_label("Code").fill(app_of_theirs.now())
        page.get_by_role("button", name="Turn it on").click()
        expect(page.get_by_role("status")).to_contain_text("The second factor is on")
        settled(visit, "en")
        assert (found := accounts.get(store, made.id)) is not None and found.totp
        page.get_by_role("button", name="Sign out", exact=True).click()
        sign_in(page, t, name, PASSWORD)
        expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
        settled(visit, "en")
        step = int(time.time()) // 30 + 1
        sign_in(page, t, name, PASSWORD, app_of_theirs.generate_otp(step))
        expect(page).to_have_url(re.compile(rf"^{re.escape(app.url)}/(\?.*)?$"), timeout=20_000)


def test_a_password_is_changed_and_other_sessions_end(app: Running, chromium: Browser, store: Store) -> None:
    t, name, fresh = words.of("en"), "lina@park.example", "sept lanternes au bord du quai"
    made = accounts.add(store, name, "leader", (), PASSWORD)
    with (
        seen(app, chromium, "desktop", "en", role=None) as there,
        seen(app, chromium, "desktop", "en", role=None) as visit,
    ):
        for one in (there, visit):
            one.page.goto(f"{app.url}/signin?lang=en&next=/account")
            sign_in(one.page, t, name, PASSWORD)
            expect(one.page.get_by_role("heading", level=1)).to_have_text("Your account")
        page = visit.page
        page.reload()
        expect(page.get_by_role("button", name=re.compile("Sign out there"))).to_have_count(1)
        page.get_by_label("Your password now").fill("wrong " + PASSWORD)
        page.get_by_label("New password", exact=True).fill(fresh)
        page.get_by_label("New password, once more").fill(fresh)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_label("Your password now")).to_have_attribute("aria-invalid", "true")
        settled(visit, "en")
        page.get_by_label("Your password now").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill(fresh)
        page.get_by_label("New password, once more").fill(fresh)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_role("status")).to_contain_text("The password is changed")
        settled(visit, "en")
        there.page.reload()
        expect(there.page).to_have_url(re.compile("/signin"))
        link = setup.path(setup.reset(store, made.id))
        there.page.goto(f"{app.url}{link}?lang=en")
        settled(there, "en")
        there.page.get_by_label("Password", exact=True).fill(PASSWORD)
        there.page.get_by_label("Password, once more").fill(PASSWORD)
        there.page.get_by_role("button", name="Set the password").click()
        expect(there.page.get_by_role("status")).to_have_text("The password is set. Sign in with it.")
        page.reload()
        expect(page).to_have_url(re.compile("/signin"))
