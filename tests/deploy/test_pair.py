"""The app behind Caddy, started by the commands of compose.yaml and asked over TLS."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.deploy.pair import Pair, behind_nginx, cookies, free, running, signed_in
from tests.deploy.written import ROOT, SITE
from tests.oidc.organisation import CLIENT_SECRET, Browser, Place, provider
from tests.oidc.organisation import keys as fresh_keys

pytestmark = pytest.mark.xdist_group("pair")

PASSWORD = "a rare orchid in the lift"
PROVIDER = free()
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": SITE,
    "X-Real-IP": "203.0.113.9",
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    told = {
        "ISSUER": f"http://127.0.0.1:{PROVIDER}",
        "CLIENT_ID": "essaim",
        "ROLES": "all=leader",
        "NAME": "Technopark",
    }
    told |= {"CLIENT_SECRET": CLIENT_SECRET}
    with running(
        tmp_path_factory.mktemp("pair"), **{f"ESSAIM_OIDC_{name}": value for name, value in told.items()}
    ) as one:
        made = one.run("-m", "access", "add", "amal", "--role", "analyst", "--password-stdin", told=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        yield one


@pytest.fixture(scope="module")
def inside(pair: Pair) -> dict[str, str]:
    """The cookies of somebody signed in; her browser claims to come from elsewhere."""
    answer, keys = signed_in(pair, "amal", PASSWORD, **FORGED)
    assert answer.status == 303, answer.text
    given = [one for one in answer.headers.get_all("Set-Cookie", []) if one.startswith("__Host-essaim=")]
    assert len(given) == 1
    parts = {part.strip().lower() for part in given[0].split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax", "secure"}
    return keys


def test_the_first_start_prints_a_link_for_the_site(pair: Pair) -> None:
    assert re.search(rf"https://{re.escape(SITE)}/setup/[\w-]{{40,}}", (pair.folder / "app.log").read_text())


def test_links_of_the_command_line_are_for_the_site_too(pair: Pair) -> None:
    made = pair.run("-m", "access", "add", "karima", "--role", "leader")
    assert re.search(rf"https://{re.escape(SITE)}/setup/[\w-]{{40,}}", made.stdout + made.stderr)


def test_every_answer_keeps_to_tls_and_says_nothing_of_the_server(pair: Pair, inside: dict[str, str]) -> None:
    for path, keys in (("/signin", None), ("/", None), ("/no-such-page", None), ("/", inside), ("/healthz", None)):
        answer = pair.ask(path, keys=keys)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Server"] is None and answer.headers["Via"] is None
    moved = pair.ask("/signin", port=pair.plain)
    assert moved.status == 308 and moved.headers["Location"].startswith(f"https://{SITE}")


def test_all_cookies_are_bound_to_the_site(pair: Pair) -> None:
    for answer in (pair.ask("/signin"), pair.ask("/signin?lang=fr")):
        for one in answer.headers.get_all("Set-Cookie", []):
            assert one.startswith("__Host-") and "Secure" in one and "HttpOnly" in one, one
    assert cookies(pair.ask("/signin"))


def signed_in_from(pair: Pair) -> list[str]:
    """The addresses that the log has of those who signed in."""
    lines = [json.loads(line) for line in pair.run("-m", "access", "log", "--json").stdout.splitlines()]
    bodies = [json.loads(line["body"]) if "body" in line else line for line in lines]
    return [body["from"] for body in bodies if body["event"] == "signed-in"]


def socket_opens(pair: Pair, inside: dict[str, str]) -> None:
    """A browser's socket is opened, asks for the page, and is answered."""
    raw = pair.socket(pair.tls, "127.0.0.3", False)
    keys = "; ".join(f"{name}={value}" for name, value in inside.items())
    with connect(
        f"wss://{SITE}/_stcore/stream",
        sock=raw,
        ssl=pair.trust,
        server_hostname=SITE,
        origin=Origin(f"https://{SITE}"),
        additional_headers={"Cookie": keys},
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        open_timeout=20,
    ) as socket:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        socket.send(asked.SerializeToString())
        kinds: set[str | None] = set()
        while "new_session" not in kinds and len(kinds) < 20:
            message = ForwardMsg()
            message.ParseFromString(bytes(socket.recv(timeout=20)))  # type: ignore[arg-type]
            kinds.add(message.WhichOneof("type"))
        assert "new_session" in kinds


def test_the_address_is_the_one_that_caddy_saw(pair: Pair, inside: dict[str, str]) -> None:
    """Not Caddy's own, and not the one that the reader's headers claim."""
    assert signed_in_from(pair) == ["127.0.0.3"]


def test_the_socket_works_through_caddy(pair: Pair, inside: dict[str, str]) -> None:
    socket_opens(pair, inside)


@pytest.mark.parametrize(
    ("origin", "signed"), [("https://elsewhere.example", True), (None, True), (f"https://{SITE}", False)]
)
def test_a_socket_of_others_does_not_open(pair: Pair, inside: dict[str, str], origin: str | None, signed: bool) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **({"Origin": origin} if origin else {})}
    assert pair.ask("/_stcore/stream", headers=upgrade, keys=inside if signed else None).status == 403


def test_the_port_of_the_app_is_no_way_round(pair: Pair, inside: dict[str, str]) -> None:
    """From elsewhere than Caddy's address nothing that is said about who asks, and by which way, is believed."""
    for headers in ({}, FORGED, {**FORGED, "Forwarded": f"for=127.0.0.1;proto=https;host={SITE}"}):
        for path in ("/", "/signin", "/account", "/_stcore/health"):
            answer = pair.ask(path, headers=headers, port=pair.app, source="127.0.0.2", keys=inside)
            assert answer.status == 403 and "https" in answer.text, (path, headers)
            assert "Set-Cookie" not in answer.headers


def test_another_name_is_not_answered(pair: Pair, inside: dict[str, str]) -> None:
    for host in ("elsewhere.example", f"{SITE}.elsewhere.example", "127.0.0.1", "localhost", f"x{SITE}"):
        answer = pair.ask("/", host=host, keys=inside)
        assert answer.status in (403, 421) and "Set-Cookie" not in answer.headers, host
        # And where the server before it passes any name on.
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        direct = pair.ask("/", headers=said, host=host, port=pair.app, source="127.0.0.1", keys=inside)
        assert direct.status == 403, host


def test_nobody_is_asked_but_the_organisation_and_only_when_somebody_goes_there(
    pair: Pair, inside: dict[str, str]
) -> None:
    assert pair.ask("/", keys=inside).status == 200
    page = pair.ask("/signin?lang=en")
    assert "Sign in with Technopark" in page.text
    assert [one for one in pair.asked if not one.startswith(("127.0.0.1:", "name 127.0.0.1", "name localhost"))] == []
    assert not [one for one in pair.asked if one == f"127.0.0.1:{PROVIDER}"]
    before = len(pair.asked)
    answer = pair.ask("/oidc/start?lang=en")
    assert answer.status == 502 and "Technopark does not answer" in answer.text and "Traceback" not in answer.text
    assert set(pair.asked[before:]) == {"name 127.0.0.1", f"127.0.0.1:{PROVIDER}"}


def test_the_organisation_signs_in_behind_caddy(pair: Pair) -> None:
    """The same organisation, once it answers: there and back over TLS."""
    site = f"https://{SITE}"
    with provider(f"{site}/oidc/callback", fresh_keys(), PROVIDER) as issuer:
        assert requests.post(f"{issuer}/tests", json={"people": {"sami": {"groups": ["all"]}}}, timeout=10).ok
        begun = pair.ask("/oidc/start?next=/cohorts", headers={"Sec-Fetch-Site": "same-origin"})
        kept = [one for one in begun.headers.get_all("Set-Cookie", []) if one.startswith("__Host-essaim-oidc=")]
        assert begun.status == 303 and len(kept) == 1 and "Secure" in kept[0] and "HttpOnly" in kept[0]
        back = Browser(cast(Place, SimpleNamespace(app=site))).there(begun.headers["Location"], "sami")
        answer = pair.ask(back.removeprefix(site), headers=FORGED, keys=cookies(begun))
    assert (answer.status, answer.headers["Location"]) == (303, "/cohorts"), answer.text
    assert pair.ask("/session", keys=cookies(answer)).status == 204
    assert signed_in_from(pair)[-1] == "127.0.0.3"


def test_the_copy_of_the_database_that_the_readme_says_holds_the_accounts(pair: Pair, inside: dict[str, str]) -> None:
    said = re.search(r'python -c "(import sqlite3; [^"]+)"', (ROOT / "README.md").read_text())
    assert said
    home = str(pair.folder / "park")
    assert pair.run("-c", said.group(1).replace("/var/lib/essaim", home)).returncode == 0
    with closing(sqlite3.connect(f"{home}/copy.sqlite")) as copy:
        assert copy.execute("select name from access_account").fetchall()[:1] == [("amal",)]
        assert copy.execute("select count(*) from access_event").fetchone()[0] > 1


def test_nginx_does_as_well(pair: Pair, inside: dict[str, str]) -> None:
    with behind_nginx(pair) as other:
        before = len(signed_in_from(pair))
        answer, keys = signed_in(other, "amal", PASSWORD, **FORGED)
        assert answer.status == 303 and answer.headers["Strict-Transport-Security"]
        assert any(
            one.startswith("__Host-essaim=") and "Secure" in one for one in answer.headers.get_all("Set-Cookie", [])
        )
        assert signed_in_from(pair)[before:] == ["127.0.0.3"]
        socket_opens(other, keys)
        assert "/" not in (answer.headers["Server"] or "")
        moved = other.ask("/", port=other.plain)
        assert (moved.status, moved.headers["Location"]) == (308, f"https://{SITE}/")


def test_a_start_that_others_could_reach_is_refused(pair: Pair, tmp_path: Path) -> None:
    """The same command with something missing: a sentence, no trace, and no app."""
    sample = tmp_path / "sample"
    sample.write_text("change-me-change-me-change-me-change-me")
    wrong = {
        "ESSAIM_HOSTS does not say": {"ESSAIM_HOSTS": ""},
        "a sample one": {"ESSAIM_SECRET_FILE": str(sample)},
    }
    begun = {said: pair.begin(**more) for said, more in wrong.items()}
    for said, process in begun.items():
        try:
            answer = process.communicate(timeout=60)[0]
        finally:
            process.kill()
        assert process.returncode and said in answer, answer
        assert "Traceback" not in answer
