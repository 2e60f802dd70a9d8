"""The pair of compose.yaml without containers: the same commands in a home of their own, asked over TLS."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.deploy.written import ROOT, SITE, build, compose, elsewhere, given, image_environment

SECRET = "d41x-9Kq7Vt2mZs8LwR5nYb3PjH6cFgU0aTeXiQo"
# Told to the app's process by Python itself: every machine that it asks is written down.
WATCH = """
import os, sys
def _told(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        with open(os.environ["ASKED"], "a") as file:
            file.write(f"{args[1][0]}:{args[1][1]}\\n")
    elif event == "socket.getaddrinfo":
        with open(os.environ["ASKED"], "a") as file:
            file.write(f"name {args[0]}\\n")
sys.addaudithook(_told)
"""


def caddy() -> str:
    """The program; skips where it is missing."""
    fetched = ROOT / ".caddy" / "usr" / "bin" / "caddy"
    found = shutil.which("caddy") or (str(fetched) if fetched.exists() else None)
    if not found:
        pytest.skip("Caddy is missing (Debian's package caddy; make test fetches it where it may)")
    return found


def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class Pair:
    """The app and Caddy before it."""

    folder: Path
    app: int
    plain: int
    tls: int
    environment: dict[str, str]
    root: Path
    command: list[str]

    @property
    def asked(self) -> list[str]:
        """Whom the app asked so far, itself aside."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def trust(self) -> ssl.SSLContext:
        """What a browser trusts that knows Caddy's own authority."""
        return ssl.create_default_context(cafile=self.root)

    def socket(self, port: int, source: str, enciphered: bool) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0))
        return self.trust.wrap_socket(made, server_hostname=SITE) if enciphered else made

    def ask(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        source: str = "127.0.0.3",
        host: str = SITE,
        keys: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request over TLS, or in the clear to another `port`, from an address of this machine."""
        connection = http.client.HTTPConnection(host)
        connection.sock = self.socket(port or self.tls, source, port is None)
        sent = {"Host": host, "Accept-Language": "en", **(headers or {})}
        if keys:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in keys.items())
        body = None
        if form is not None:
            body = urlencode(form)
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{host}"}
        try:
            connection.request("GET" if form is None else "POST", path, body, sent)
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def run(self, *command: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """A command as `docker compose exec app` runs it."""
        return subprocess.run(
            [sys.executable, *command], cwd=self.folder / "app", env=self.environment, input=told, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip

    def begin(self, **changed: str) -> subprocess.Popen[str]:
        """The app's own command once more, on another port, with other settings."""
        command = [str(free()) if word == str(self.app) else word for word in self.command]
        environment = {**self.environment, **changed}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.folder / "app", env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )


def cookies(answer: Answer) -> dict[str, str]:
    """The cookies that were given."""
    pairs = (one.partition(";")[0].partition("=") for one in answer.headers.get_all("Set-Cookie", []))
    return {name: value for name, _, value in pairs}


def places(folder: Path, app: int) -> dict[str, str]:
    """Where the test has what the containers have in places of their own."""
    return {
        "/var/lib/essaim": str(folder / "park"),
        "/run/secrets/essaim": str(folder / "secret"),
        "/etc/caddy/Caddyfile": str(ROOT / "deploy" / "Caddyfile"),
        "172.28.97.2": "127.0.0.1",
        "app:8501": f"127.0.0.1:{app}",
        "8501": str(app),
    }


def app_environment(folder: Path, told: Mapping[str, Any], there: Mapping[str, str]) -> dict[str, str]:
    """The variables of the image and of compose.yaml, and nothing of this process."""
    (folder / "watch").mkdir(exist_ok=True)
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder / "watch"), "ASKED": str(folder / "asked")}
    return {**own, **elsewhere(image_environment(), there), **elsewhere(told, there), "HOME": str(folder)}


def python(command: list[str]) -> list[str]:
    """The command with this Python."""
    return [sys.executable if word == "python" else word for word in command]


@contextmanager
def started(command: list[str], folder: Path, name: str, **told: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program, stopped afterwards; what it says goes to a file."""
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **told)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def until(good: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits for something to be so."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if good():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Pair]:
    """Both, as compose.yaml starts them."""
    program, app, plain, tls = caddy(), free(), free(), free()
    there = places(folder, app)
    options = f"local_certs\nskip_install_trust\nhttp_port {plain}\nhttps_port {tls}"
    told = compose(ESSAIM_HOSTS=SITE, CADDY_OPTIONS="options", **settings)["services"]
    (folder / "secret").write_text(SECRET)
    build(folder)
    environment = app_environment(folder, told["app"]["environment"], there)
    command = python(elsewhere(given("CMD")[0].words, there))
    health = python(elsewhere(told["app"]["healthcheck"]["test"], there))
    kept = {
        "PATH": os.environ["PATH"],
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    front = {**kept, **elsewhere(told["caddy"]["environment"], there), "CADDY_OPTIONS": options, "HOME": str(folder)}
    before = [program, *elsewhere(told["caddy"]["command"], there)[1:]]
    root = folder / "data/caddy/pki/authorities/local/root.crt"
    pair = Pair(folder, app, plain, tls, environment, root, command)
    with (
        started(command, folder, "app", cwd=folder / "app", env=environment) as one,
        started(before, folder, "caddy", cwd=folder, env=front) as other,
    ):
        until(root.exists, other, folder / "caddy.log")
        until(
            lambda: pair.ask("/healthz", port=app, host="127.0.0.1", source="127.0.0.1").status == 200,
            one,
            folder / "app.log",
        )
        assert health[0] == "CMD" and subprocess.run(health[1:], timeout=30).returncode == 0
        until(lambda: pair.ask("/healthz").status == 200, other, folder / "caddy.log")
        yield pair


@contextmanager
def behind_nginx(pair: Pair) -> Iterator[Pair]:
    """The same app behind nginx, as deploy/nginx.conf has it."""
    program, certify = shutil.which("nginx"), shutil.which("openssl")
    if not program or not certify:
        pytest.skip("nginx or openssl is missing (Debian's packages nginx-light and openssl)")
    folder = pair.folder / "nginx"
    folder.mkdir()
    key, certificate, plain, tls = folder / "key.pem", folder / "certificate.pem", free(), free()
    made = [certify, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SITE}"]
    made += ["-addext", f"subjectAltName=DNS:{SITE}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    there = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
        f"/etc/ssl/certs/{SITE}.pem": str(certificate),
        f"/etc/ssl/private/{SITE}.key": str(key),
        "127.0.0.1:8501": f"127.0.0.1:{pair.app}",
    }
    assert all(here in text for here in there)
    (folder / "site.conf").write_text(elsewhere(text, there))
    own = "".join(f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    whole = f"{user} daemon off; pid {folder}/pid; error_log stderr; events {{}}"
    (folder / "nginx.conf").write_text(f"{whole} http {{ access_log off; {own} include {folder}/site.conf; }}")
    with started([program, "-e", "stderr", "-c", str(folder / "nginx.conf")], folder, "nginx") as process:
        other = replace(pair, plain=plain, tls=tls, root=certificate)
        until(lambda: other.ask("/healthz").status == 200, process, folder / "nginx.log")
        yield other


def signed_in(pair: Pair, name: str, password: str, **headers: str) -> tuple[Answer, dict[str, str]]:
    """The form on the sign-in page, filled in and sent: the answer to it, and all cookies."""
    page = pair.ask("/signin?lang=en")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    keys = cookies(page)
    answer = pair.ask("/signin?lang=en", {**hidden, "name": name, "password": password, "code": ""}, headers, keys=keys)
    return answer, {**keys, **cookies(answer)}
