"""The running app's front door: health, headers, and what no visitor may reach."""

from __future__ import annotations

import http.client

import pytest

from tests.browser.started import Running

# One app and one browser serve them all: they stay together on one worker.
pytestmark = pytest.mark.xdist_group("browser")


def answer(app: Running, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request(method, path, headers=headers, body=b"x" if method == "PUT" else None)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_app_says_that_it_is_well(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/nothing-here"])
def test_every_answer_carries_the_policy(sample_app: Running, path: str) -> None:
    _, headers, _ = answer(sample_app, "GET", path)
    assert "script-src 'self' 'sha256-" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health"])
def test_another_host_name_is_refused(sample_app: Running, path: str) -> None:
    assert answer(sample_app, "GET", path, Host="park.example")[0] == 403


def test_a_websocket_for_another_host_name_is_refused(sample_app: Running) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert answer(sample_app, "GET", "/_stcore/stream", Host="park.example", **asked)[0] == 403


def test_no_file_can_be_pushed_into_memory(sample_app: Running) -> None:
    assert answer(sample_app, "PUT", "/_stcore/upload_file/session/file")[0] == 404
    assert answer(sample_app, "GET", "/_stcore/metrics")[0] == 404


def test_it_listens_on_loopback_alone(sample_app: Running) -> None:
    """What the kernel says: no socket listens on this port on any other address."""
    with open("/proc/net/tcp") as table4, open("/proc/net/tcp6") as table6:
        rows = [line.split() for line in [*table4.readlines()[1:], *table6.readlines()[1:]]]
    listening = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == sample_app.port
    }
    assert listening == {"0100007F"}
