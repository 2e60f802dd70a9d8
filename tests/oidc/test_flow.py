"""The whole way: from our sign-in page to the organisation and back, and everything that must not get in on it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from access import accounts, sessions
from access.log import Entry, Log
from access.oidc import Pending
from access.sign_in import Refused, let_in, sign_in
from tests.oidc.organisation import Browser, Place, changed, configured, running

pytestmark = pytest.mark.xdist_group("oidc")

NOBODY = re.compile(r"in the log as [0-9a-f]{8}\.")


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running(tmp_path_factory.mktemp("oidc")) as place:
        accounts.add(place.store, "keeper", "admin", password="a rare orchid in the lift")
        yield place


@pytest.fixture
def place(park: Place) -> Iterator[Place]:
    park.people(amal={"groups": ["everybody", "analysts"], "email": "amal@technopark.example"})
    yield park
    park.clock.ahead = timedelta()
    park.skew(0)


def last(place: Place, *kinds: str) -> Entry:
    return Log(place.store).events(kinds=kinds, n=1)[0]


def refused(answer: requests.Response, why: str, place: Place) -> None:
    """A page with a sentence, a reference and no trace; nobody inside; and a line in the log."""
    assert answer.status_code in (400, 403, 502), answer.text
    assert NOBODY.search(answer.text), answer.text
    assert "Traceback" not in answer.text and "Error" not in answer.text
    given = answer.raw.headers.getlist("Set-Cookie")
    assert not [one for one in given if one.startswith(("essaim=", "__Host-essaim="))]
    line = last(place, "sign-in-refused")
    assert (line.facts["reason"], line.facts["why"]) == ("oidc", why)
    assert line.facts["reference"] in answer.text


def test_somebody_comes_in(place: Place) -> None:
    browser = Browser(place)
    begun = browser.ask("/oidc/start?next=/history", headers={"Sec-Fetch-Site": "same-origin"})
    kept = begun.headers["Set-Cookie"]
    assert kept.startswith("essaim-oidc=") and "HttpOnly" in kept and "SameSite=lax" in kept and "Max-Age=600" in kept
    there = begun.headers["Location"]
    assert there.startswith(place.issuer) and "code_challenge_method=S256" in there and "nonce=" in there
    answer = browser.ask(browser.there(there, "amal"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/history")
    given = answer.raw.headers.getlist("Set-Cookie")
    assert any(re.match(r"essaim=[\w-]{43}; HttpOnly; Path=/; SameSite=lax$", one) for one in given), given
    assert any(one.startswith('essaim-oidc=""') and "Max-Age=0" in one for one in given), given
    assert browser.inside
    made = accounts.by_name(place.store, "amal@technopark.example")
    assert made and (made.role, made.sites, made.password) == ("analyst", (), False)
    assert made.oidc_subject == f"{place.issuer} amal"
    line = last(place, "signed-in")
    assert line.facts == {"way": "oidc"} and line.who and line.who["account"] == made.id and line.address == "127.0.0.1"
    assert "essaim-oidc" not in browser.cookies.cookies


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example/", "//elsewhere.example", "/signout", "/\\elsewhere", ""]
)
def test_going_on_is_only_ever_to_a_page_of_ours(place: Place, wanted: str) -> None:
    answer = Browser(place).sign_in("amal", f"?next={wanted}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_the_sign_in_page_shows_the_way(place: Place) -> None:
    page = Browser(place).ask("/signin?next=/history&lang=en")
    assert page.status_code == 200 and "Sign in with Technopark" in page.text
    link = re.search(r'href="(/oidc/start[^"]*)"', page.text)
    assert link and html.unescape(link.group(1)) == "/oidc/start?lang=en&next=%2Fhistory"


def test_a_page_of_others_cannot_begin(place: Place) -> None:
    answer = Browser(place).ask("/oidc/start", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Location"].startswith("/signin") and "Set-Cookie" not in answer.headers


def test_another_state(place: Place) -> None:
    browser = Browser(place)
    back = browser.there(browser.begin(), "amal")
    for state in ("", "x" * 43, None):
        refused(browser.ask(changed(back, state=state)), "lost", place)
        browser.begin()
    assert not browser.inside


def test_the_way_back_in_another_browser(place: Place) -> None:
    """Whoever is handed somebody else's way back does not come in as them."""
    mine, theirs = Browser(place), Browser(place)
    back = mine.there(mine.begin(), "amal")
    refused(theirs.ask(back), "lost", place)
    theirs.begin()
    refused(theirs.ask(back), "lost", place)
    assert not theirs.inside
    # The code was never shown to the provider: it is still good where it belongs.
    assert mine.ask(back).status_code == 303 and mine.inside


def test_a_cookie_that_somebody_made(place: Place) -> None:
    browser = Browser(place)
    back = browser.there(browser.begin(), "amal")
    body, _, seal = str(browser.cookies.cookies["essaim-oidc"]).partition(".")
    for value in ("", "x", f"{body}.", f"{body}A.{seal}", f"{body}.{seal[:-1]}A", f"{'A' * 5000}.{seal}"):
        browser.cookies.cookies.set("essaim-oidc", value, domain="127.0.0.1", path="/")
        refused(browser.ask(back), "lost", place)
        browser.cookies.cookies.clear()


def test_the_way_back_a_second_time(place: Place) -> None:
    browser = Browser(place)
    back = browser.there(browser.begin(), "amal")
    kept = browser.cookies.cookies["essaim-oidc"]
    assert browser.ask(back).status_code == 303
    again = Browser(place)
    again.cookies.cookies.set("essaim-oidc", kept, domain="127.0.0.1", path="/")
    refused(again.ask(back), "lost", place)
    assert not again.inside


def test_a_code_that_was_used(place: Place) -> None:
    mine, theirs = Browser(place), Browser(place)
    back = mine.there(mine.begin(), "amal")
    used = re.search(r"code=([^&]+)", back)
    assert used and mine.ask(back).status_code == 303
    fresh = theirs.there(theirs.begin(), "amal")
    refused(theirs.ask(changed(fresh, code=used.group(1))), "untrue", place)
    assert not theirs.inside


@pytest.mark.parametrize("told", [{"nonce": "another"}, {"nonce": None}, {"code_challenge": "A" * 43}])
def test_a_token_for_another_sign_in(place: Place, told: dict[str, str | None]) -> None:
    """A nonce that is not ours, none at all, and a code that was asked for with another verifier."""
    browser = Browser(place)
    refused(browser.sign_in("amal", change=lambda url: changed(url, **told)), "untrue", place)
    assert not browser.inside


@pytest.mark.parametrize(("skew", "said"), [(-7200, "exp"), (-3500, "just now"), (7200, "for this sign-in")])
def test_a_token_of_another_hour(place: Place, skew: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(place)
    back = browser.there(browser.begin(), "amal")
    place.skew(skew)
    refused(browser.ask(back), "untrue", place)
    assert said in caplog.text


def test_another_secret_ends_what_is_on_its_way_and_no_session(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, browser = Browser(place), Browser(place)
    assert inside.sign_in("amal").status_code == 303
    back = browser.there(browser.begin(), "amal")
    monkeypatch.setattr(place.oidc, "pending", Pending(b"another secret, as long as the one before"))
    refused(browser.ask(back), "lost", place)
    assert inside.inside and browser.sign_in("amal").status_code == 303


def test_who_takes_too_long(place: Place) -> None:
    browser = Browser(place)
    back = browser.there(browser.begin(), "amal")
    place.clock.ahead = timedelta(minutes=11)
    refused(browser.ask(back), "lost", place)


@pytest.mark.parametrize(
    "groups", [None, [], "", ["everybody"], "Leaders", {"leaders": 1}, [["leaders"]], 7, "leaders,analysts"]
)
def test_nobody_without_a_role(place: Place, groups: object) -> None:
    place.people(stranger={"groups": groups, "email": "stranger@technopark.example"})
    browser = Browser(place)
    answer = browser.sign_in("stranger")
    refused(answer, "role", place)
    assert "no role here" in answer.text and not browser.inside
    assert accounts.by_subject(place.store, f"{place.issuer} stranger") is None


def test_a_role_that_changes_and_is_lost(place: Place) -> None:
    """What the organisation says counts from the next sign-in on, and ends what was open before it."""
    place.people(karim={"groups": ["leaders", "rabat"], "name": "Karim Benali"})
    first, second, third = Browser(place), Browser(place), Browser(place)
    assert first.sign_in("karim").status_code == 303
    made = accounts.by_subject(place.store, f"{place.issuer} karim")
    assert made and (made.name, made.role, made.sites) == ("Karim Benali", "analyst", ("Rabat",))
    place.people(karim={"groups": ["leaders"], "name": "Somebody Else"})
    assert second.sign_in("karim").status_code == 303
    made = accounts.by_subject(place.store, f"{place.issuer} karim")
    assert made and (made.name, made.role, made.sites) == ("Karim Benali", "leader", ())
    assert (first.inside, second.inside) == (False, True)
    place.people(karim={"groups": []})
    refused(third.sign_in("karim"), "role", place)
    assert (second.inside, third.inside) == (False, False)
    assert sessions.sessions(place.store, made.id) == []


def test_an_account_of_the_same_name_is_somebody_elses(place: Place) -> None:
    local = accounts.add(place.store, "Nadia@technopark.example", "admin", password="a rare orchid in the lift")
    place.people(nadia={"groups": "leaders", "email": "nadia@technopark.example"})
    browser = Browser(place)
    assert browser.sign_in("nadia").status_code == 303
    made = accounts.by_subject(place.store, f"{place.issuer} nadia")
    assert made and made.id != local.id and made.role == "leader" and made.name != local.name
    assert re.fullmatch(r"nadia@technopark\.example [0-9a-f]{8}", made.name)
    assert accounts.get(place.store, local.id) == local
    # And by a password nobody comes in who has none.
    for guess in ("", " ", "a rare orchid in the lift", "None"):
        assert isinstance(sign_in(place.store, made.name, guess, None, "127.0.0.9"), Refused)


def test_there_is_no_second_way_in(place: Place) -> None:
    """A password here, or a link for one, would outlive the role that the organisation took away."""
    place.people(hind={"groups": "analysts"})
    assert Browser(place).sign_in("hind").status_code == 303
    made = accounts.by_subject(place.store, f"{place.issuer} hind")
    assert made
    accounts.set_password(place.store, made.id, "another orchid in the lift")
    assert isinstance(sign_in(place.store, made.name, "another orchid in the lift", None, "127.0.0.8"), Refused)
    assert isinstance(let_in(place.store, made.id, "link", "127.0.0.8"), Refused)
    assert last(place, "sign-in-refused").facts["reason"] == "oidc"


def test_who_was_closed_here_stays_out(place: Place) -> None:
    place.people(omar={"groups": "analysts"})
    assert Browser(place).sign_in("omar").status_code == 303
    made = accounts.by_subject(place.store, f"{place.issuer} omar")
    assert made
    accounts.disable(place.store, made.id)
    place.people(omar={"groups": "admins"})
    browser = Browser(place)
    refused(browser.sign_in("omar"), "disabled", place)
    after = accounts.get(place.store, made.id)
    assert not browser.inside and after and (after.role, after.disabled) == ("analyst", True)


def test_the_last_administrator_is_not_one_any_more(place: Place) -> None:
    place.people(salma={"groups": "admins"})
    assert Browser(place).sign_in("salma").status_code == 303
    others = [one for one in accounts.list_all(place.store) if one.role == "admin" and one.password]
    for one in others:
        accounts.disable(place.store, one.id)
    try:
        place.people(salma={"groups": "leaders"})
        browser = Browser(place)
        refused(browser.sign_in("salma"), "last-admin", place)
        assert not browser.inside
        assert sessions.sessions(place.store, last(place, "sign-in-refused").facts["target"]) == []
    finally:
        for one in others:
            accounts.enable(place.store, one.id)


def test_what_the_provider_says_no_to(place: Place) -> None:
    for error, why in (("access_denied", "denied"), ("<script>", "denied"), ("server_error", "down")):
        browser = Browser(place)
        back = browser.there(browser.begin(), "amal")
        answer = browser.ask(changed(back, code=None, error=error, error_description="<b>call 0522</b>"))
        refused(answer, why, place)
        assert "0522" not in answer.text and error not in answer.text


def test_an_answer_of_another_issuer(place: Place) -> None:
    for issuer in ("https://elsewhere.example", None):
        browser = Browser(place)
        refused(browser.ask(changed(browser.there(browser.begin(), "amal"), iss=issuer)), "untrue", place)
    for code in (None, "", "a b", "x" * 5000, "é"):
        browser = Browser(place)
        refused(browser.ask(changed(browser.there(browser.begin(), "amal"), code=code)), "untrue", place)


def test_a_provider_that_does_not_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from access.provider import Provider

    gone = configured("http://127.0.0.1:9")
    monkeypatch.setattr(place.oidc, "provider", Provider(gone))
    answer = Browser(place).ask("/oidc/start?lang=en")
    refused(answer, "down", place)
    assert answer.status_code == 502 and "Technopark does not answer" in answer.text


def test_other_clients_and_other_signatures(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token for another client of the same provider is not for us; one with another kind of key is."""
    from dataclasses import replace

    from access.provider import Provider

    for client, secret, good in (
        ("elliptic", place.oidc.organisation.client_secret, True),
        ("another", place.oidc.organisation.client_secret, True),
        ("essaim", "not the secret", False),
    ):
        other = replace(place.oidc.organisation, client_id=client, client_secret=secret)
        monkeypatch.setattr(place.oidc, "provider", Provider(other))
        browser = Browser(place)
        answer = browser.sign_in("amal")
        assert browser.inside == good
        if not good:
            refused(answer, "untrue", place)


def test_nobody_is_said_by_name_in_what_is_refused(place: Place) -> None:
    place.people(stranger={"groups": [], "email": "stranger@technopark.example"})
    Browser(place).sign_in("stranger")
    assert not [line for line in Log(place.store).lines() if "stranger" in line]
    assert isinstance(Log(place.store).verify(), int)
