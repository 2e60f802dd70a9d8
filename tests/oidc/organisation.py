"""A real provider and our two routes behind the guard, both on loopback, and a browser that goes to and fro."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import pytest
import requests
import uvicorn
from joserfc import jwk
from starlette.applications import Starlette
from starlette.middleware import Middleware

from access import gate
from access.door import Door
from access.guard import Bounds, Guard
from access.headers import SecurityHeaders, content_policy
from access.hosts import Hosts
from access.looks import Looks
from access.oidc import Oidc
from access.organisation import Organisation, groups
from access.provider import Provider
from access.rates import Rate
from access.store import Store
from data.home import Home

HERE = Path(__file__).resolve().parent
SECRET = b"the secret of an app that lives as long as a test"
CLIENT_SECRET = "a secret of the tests: not one of anything else"
GROUPS = "leaders=leader,analysts=analyst,rabat=analyst@Rabat,admins=admin"


def node() -> str:
    """The program that runs the provider; skips where it, or the provider, is not installed."""
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else ""
    major = int((re.match(r"v(\d+)", version) or ["", "0"])[1])
    if not found or major < 20 or not (HERE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("the OpenID provider needs node 20 or newer and `npm ci` in tests/oidc (make test does it)")
    return found


@dataclass
class Clock:
    """The time of the app, which tests may move."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Place:
    """What runs: the app's and the provider's addresses, the accounts, and the time there."""

    app: str
    issuer: str
    store: Store
    clock: Clock
    oidc: Oidc
    keys: dict[str, Any]

    def people(self, **people: dict[str, Any]) -> None:
        """What the provider says of some people from now on."""
        self._tell(people=people)

    def skew(self, seconds: int) -> None:
        """The provider's clock goes wrong by so much."""
        self._tell(skew=seconds)

    def _tell(self, **told: Any) -> None:
        assert requests.post(f"{self.issuer}/tests", json=told, timeout=10).status_code == 200


@dataclass
class Browser:
    """Goes where it is sent, keeps cookies, and fills in the provider's forms."""

    place: Place
    cookies: requests.Session = field(default_factory=requests.Session)

    def ask(self, url: str, **told: Any) -> requests.Response:
        """One request, without going on from there."""
        url = urljoin(self.place.app + "/", url)
        return self.cookies.request(told.pop("method", "GET"), url, allow_redirects=False, timeout=20, **told)

    def begin(self, more: str = "") -> str:
        """Where the button on the sign-in page leads."""
        answer = self.ask(f"/oidc/start{more}", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def there(self, url: str, login: str) -> str:
        """Signs in at the provider; gives the address by which it sends the browser back."""
        for _ in range(12):
            answer = self.ask(url)
            if answer.status_code == 200:
                form = re.search(r'action="([^"]+/interaction/[^"/]+)"', answer.text)
                assert form, answer.text
                prompt = "login" if 'name="login"' in answer.text else "consent"
                sent = {"prompt": prompt, "login": login, "password": "any"}
                answer = self.ask(form.group(1), method="POST", data=sent)
            assert answer.is_redirect, answer.text
            url = urljoin(url, answer.headers["Location"])
            if url.startswith(self.place.app):
                return url
        raise AssertionError(f"the provider goes round and round: {url}")

    def sign_in(self, login: str, more: str = "", change: Callable[[str], str] = str) -> requests.Response:
        """There and back; gives the app's answer."""
        return self.ask(self.there(change(self.begin(more)), login))

    @property
    def inside(self) -> bool:
        """Whether this browser has a session of ours."""
        return self.ask("/session").status_code == 204


def changed(url: str, **told: str | None) -> str:
    """An address with other values in its query; None takes one out."""
    parts = urlsplit(url)
    kept = {name: value for name, value in {**dict(parse_qsl(parts.query)), **told}.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept)))


def keys() -> dict[str, Any]:
    """Fresh keys of a provider, the private parts too."""
    made = (
        jwk.RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
        jwk.ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
    )
    return {"keys": [key.as_dict(private=True) for key in made]}


def configured(issuer: str, **more: Any) -> Organisation:
    """An organisation as its settings would make it."""
    told = {
        "issuer": issuer,
        "client_id": "essaim",
        "client_secret": CLIENT_SECRET,
        "name": "Technopark",
        "role_claim": "groups",
        "groups": groups(GROUPS),
    }
    return Organisation(**{**told, **more})


def listening() -> socket.socket:
    """A socket on a free port of loopback."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made


@contextmanager
def provider(callback: str, secret_keys: dict[str, Any], port: int = 0) -> Iterator[str]:
    """The provider, while it runs: its issuer."""
    command = [node(), str(HERE / "provider.mjs"), callback, str(port), json.dumps(secret_keys)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout
    try:
        issuer = process.stdout.readline().decode().strip()
        assert issuer.startswith("http://127.0.0.1:"), "the provider did not start"
        yield issuer
    finally:
        process.stdin.close()
        process.wait(10)


@contextmanager
def served(oidc: Oidc, store: Store, at: socket.socket) -> Iterator[None]:
    """Our routes behind the guard, as the app has them."""
    bounds = Bounds(stranger=Rate(10_000, 1_000))
    hosts = Hosts()
    app = Starlette(
        routes=[*oidc.routes(), *Door(store, SECRET, oidc.looks, oidc.organisation).routes()],
        middleware=[
            Middleware(SecurityHeaders, policy=content_policy()),
            Middleware(Guard, **gate.asks(store), hosts=hosts, bounds=bounds),
        ],
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        assert server.started
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def running(folder: Path) -> Iterator[Place]:
    """A provider and an app that knows it."""
    at, clock, made = listening(), Clock(), keys()
    app = f"http://127.0.0.1:{at.getsockname()[1]}"
    store = Store.at(Home.at(folder), clock)
    with provider(f"{app}/oidc/callback", made) as issuer:
        organisation = configured(issuer)
        looks = Looks(lambda name: f"./{name}", lambda asked, accepted: asked or "en")
        oidc = Oidc(store, SECRET, looks, organisation, Provider(organisation))
        with served(oidc, store, at):
            yield Place(app, issuer, store, clock, oidc, made)
    store.close()
