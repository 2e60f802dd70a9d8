"""What the files for a server promise: nothing runs as root, nothing is left to chance, nothing is open for nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from access.hosts import Hosts
from tests.deploy.written import ROOT, SITE, build, compose, given, unit

README = (ROOT / "README.md").read_text()


def test_the_image_is_pinned_and_nobodys_root() -> None:
    base = given("FROM")
    assert len(base) == 1 and re.fullmatch(r"python:3\.11\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", base[0].rest)
    assert given("USER")[-1].rest == "10001:10001"
    installs = [line.rest for line in given("RUN") if "pip install" in line.rest]
    assert len(installs) == 1 and "--require-hashes" in installs[0] and "-r requirements.txt" in installs[0]
    assert not given("ADD") and not any("SECRET" in line.rest.upper() for line in [*given("ENV"), *given("ARG")])
    assert len(given("CMD")) == len(given("HEALTHCHECK")) == 1


def test_the_image_holds_the_code_and_nothing_of_the_park(tmp_path: Path) -> None:
    """Tests, ledger and secrets stay out; what is copied is what the ignore file lets through."""
    app = build(tmp_path)
    there = {path.name for path in app.iterdir()}
    assert {"app.py", "access", "ui", "data", "locale", ".streamlit", "requirements.txt"} <= there
    assert not there & {"tests", "bench", "var", "deploy", "docs", ".git", ".env", ".venv", "secret"}
    through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert through == {source for line in given("COPY") for source in line.words[:-1]}
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - {"tests", "bench"}
    assert packages <= there


def test_the_containers_may_do_little() -> None:
    told = compose(ESSAIM_HOSTS=SITE)
    app, caddy = told["services"]["app"], told["services"]["caddy"]
    for one in (app, caddy):
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and one["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in one and "network_mode" not in one
    assert "cap_add" not in app and caddy["cap_add"] == ["NET_BIND_SERVICE"]
    # The app is reached through Caddy, whose address alone is believed.
    assert "ports" not in app and caddy["ports"] == ["80:80", "443:443"]
    assert app["environment"]["FORWARDED_ALLOW_IPS"] == caddy["networks"]["inside"]["ipv4_address"]
    assert re.fullmatch(r"caddy:\d+\.\d+\.\d+-alpine(@sha256:[0-9a-f]{64})?", caddy["image"])
    assert "ESSAIM_SECRET" not in app["environment"]
    assert app["environment"]["ESSAIM_SECRET_FILE"] == f"/run/secrets/{app['secrets'][0]}"
    assert (
        told["secrets"]["essaim"]["file"] == "./deploy/secret" and "deploy/secret" in (ROOT / ".gitignore").read_text()
    )


def test_the_health_of_image_and_container_is_asked_alike() -> None:
    told = compose(ESSAIM_HOSTS=SITE)["services"]["app"]["healthcheck"]["test"]
    assert json.loads(given("HEALTHCHECK")[0].rest.split("CMD", 1)[1]) == told[1:]


def test_every_setting_of_the_organisation_reaches_the_container() -> None:
    example = set(re.findall(r"^(ESSAIM_OIDC_\w+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    passed = {name for name in compose(ESSAIM_HOSTS=SITE)["services"]["app"]["environment"] if "OIDC" in name}
    assert passed == example - {"ESSAIM_OIDC_CLIENT_SECRET_FILE"}
    assert all(name in README or name.endswith("_FILE") for name in example)


def test_without_the_name_of_the_site_nothing_starts() -> None:
    with pytest.raises(KeyError, match="ESSAIM_HOSTS"):
        compose()


@pytest.mark.parametrize("told", ["*", "127.0.0.1,*", "0.0.0.0/0", "10.0.0.1, ::/0"])
def test_not_everybodys_word_is_taken_for_who_asks(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_HOSTS", SITE)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", told)
    with pytest.raises(SystemExit, match=r"FORWARDED_ALLOW_IPS holds .* whoever asks could say to be anybody"):
        Hosts.from_environment("0.0.0.0")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "172.28.97.2,10.0.0.0/24")
    assert Hosts.from_environment("0.0.0.0").first == SITE


HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictNamespaces": "yes",
    "LockPersonality": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
    "User": "essaim",
}


def test_the_unit_may_do_little_and_starts_the_app_for_this_machine_alone() -> None:
    service = {name: value for section, name, value in unit() if section == "Service"}
    assert {name: service.get(name) for name in HARDENED} == HARDENED
    command = service["ExecStart"].split()
    image = given("CMD")[0].words
    assert command[0].endswith("/.venv/bin/python")
    assert command[1:] == [word.replace("0.0.0.0", "127.0.0.1") for word in image[1:]]
    assert service["LoadCredential"] == "secret:/etc/essaim/secret"


def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is missing")
    text = (
        (ROOT / "deploy" / "essaim.service")
        .read_text()
        .replace("/opt/essaim/.venv/bin/python", shutil.which("true") or "")
    )
    file = tmp_path / "essaim.service"
    file.write_text(text)
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True)
    said = [line for line in (checked.stdout + checked.stderr).splitlines() if "essaim.service" in line]
    assert said == []
    asked = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", str(file)]
    rated = subprocess.run(asked, capture_output=True, text=True)
    assert rated.returncode == 0, rated.stdout[-300:] + rated.stderr


def test_the_readme_says_all_five() -> None:
    guide = README.split("## Put it on a server")[1].split("\n## ")[0]
    for told in (
        "compose.yaml",
        "essaim.service",
        "Caddyfile",
        "nginx.conf",
        "Add somebody",
        "Connect your organisation",
    ):
        assert told in guide, told
    for told in ("Rotate the secret", "Back up", "/oidc/callback", "python -m access add", "python -m data backup"):
        assert told in guide, told
    for name in re.findall(r"\]\((deploy/[^)]+)\)", guide):
        assert (ROOT / name).exists(), name
