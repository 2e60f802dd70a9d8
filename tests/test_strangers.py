"""What a stranger gets of the real app: released figures as they are protected, and nothing else, wherever it is."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

import words
from charts.svg import Wanted
from data.home import Home
from data.warehouse import Warehouse
from publish import directory, release
from publish.alone import run as serve
from publish.audit import audit
from publish.cells import Name, Printed
from publish.content import Content
from publish.settings import Settings
from publish.site import folder
from publish.standing import Standing
from tests.browser.started import ROOT, Running, running
from tests.crawl import LABELS, Seen, crawl
from tests.matrix.client import ask
from tests.matrix.planted import found
from tests.test_directory import bring, line
from tests.test_warehouse import _accept, _stay

pytestmark = pytest.mark.xdist_group("strangers")
SITES, SECTORS = ("Rabat", "Tanger"), ("Logiciel", "Design")
FIRMS = [f"Zq{number:03}firme" for number in range(420)]
PERSON = "Qamalidrissi"
# Firms that agreed to stand in the directory, and one that did not.
AGREED = ("Atlas Qoui", "Bahia Qoui")
REFUSED = line("Zqjamaisfirme", "Zqturbine", Consentement="Non", Fin_du_consentement="", Champs_autorisés="")
PLANTED = [*FIRMS, PERSON, "Zqjamaisfirme", "Zqturbine"]
# What stands in a page whatever the figures are: days, ages, years.
SMALL, YEARS = 40, range(1900, 2200)


def park() -> list[dict[str, object]]:
    """Two sites, one of them with few closures, so that the other's have to be hidden too; intakes of most years."""
    chance = np.random.default_rng(3)
    rows = []
    for number, firm in enumerate(FIRMS):
        entered = date(int(chance.integers(2008, 2019)), int(chance.integers(1, 13)), 1)
        gone = date(entered.year + int(chance.integers(1, 9)), 6, 1)
        left = gone if gone.year <= 2019 and chance.random() < 0.9 else None
        site = SITES[number % 5 != 0]
        closes = left is not None and (number % 140 == 0 if site == "Rabat" else chance.random() < 0.8)
        closed: dict[str, object] = {"exit_reason": "closed", "closed_on": left} if closes else {}
        stay = _stay(firm, site, entered.isoformat(), left.isoformat() if left else None, sector=SECTORS[number % 2])
        rows.append({**stay, **closed, "cohort": f"Élan {entered.year}" if entered.year % 3 else None})
    return rows


def telling(wanted: Sequence[Wanted], t: words.Words, kept: Path | None) -> list[str]:
    """Instead of each drawing all that it would be drawn from: more than any drawing tells."""

    def told(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            for inner in value.values():
                yield from told(inner)
        elif isinstance(value, list | tuple | np.ndarray):
            for inner in value:
                yield from told(inner)
        elif value is not None and not isinstance(value, bool):
            yield escape(str(round(float(value), 6) if isinstance(value, float | np.floating) else value))

    texts = [" | ".join(told(one.chart.figure.to_dict()["data"])) for one in wanted]
    return [f'<svg viewBox="0 0 8 8" aria-hidden="true"><text id="e1">{text}</text></svg>' for text in texts]


@dataclass(frozen=True)
class Public:
    """The app as strangers meet it: what they saw, and what they were not to see."""

    app: Running
    seen: Seen
    drafts: list[release.Draft]
    listed: dict[str, str]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    home = tmp_path_factory.mktemp("strangers") / "home"
    warehouse = Warehouse(Home.at(home))
    _accept(warehouse, "2020-01-01", park(), by=PERSON, sheets=["S"], records_closures=True)
    bring(warehouse, *(line(firm, f"{firm} pro", Secteur="Design") for firm in AGREED), REFUSED)
    drafts = []
    for as_of in (date(2016, 1, 1), date(2020, 1, 1)):
        drafts.append(release.draft(warehouse, Settings(), as_of))
        release.freeze(warehouse, Settings(), PERSON, drafts[-1])
    stand(warehouse)
    warehouse.close()
    with running(home) as app:
        listed = json.loads((home / "site/now/manifest.json").read_text())
        also = [name if name.startswith("api/") else f"stats/{name}" for name in listed]
        also = [f"/stats/{name.removeprefix('stats/')}" for name in also]
        # Whoever knows a release's number asks for it.
        by = ("", "&by=site", "&by=sector", "&by=year", "&by=site,sector", "&by=site,year", "&by=site,sector,year")
        also += [
            f"/api/v1/metrics/{name}.json?release={number}{cut}"
            for number in (1, 2)
            for cut in by
            for name in ("hosted", "former", "alumni", "closed", "entries", "survival_5y")
        ]
        also += [f"/api/v1/metrics/{name}.json?by=programme&release=1" for name in ("supported", "hosted", "closed")]
        yield Public(app, crawl(app, also), drafts, listed)


def stand(warehouse: Warehouse) -> None:
    """Has the site stand, as the app would write it, but for its drawings."""

    class Telling(Standing):
        def _written(self, fresh: Path, facts: Any, turn: int) -> bool:
            every = release.releases(self.warehouse)
            settings, listed = Settings.from_environment(), directory.listed(self.warehouse)
            folder.write(fresh, every, settings, url=self.url, draw=telling, cards=False, listed=listed)
            return True

    kept = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("ESSAIM_")}
    try:
        Telling(warehouse).look()
    finally:
        os.environ.update(kept)


def test_the_crawl_was_whole_and_met_nothing_of_the_inside(public: Public) -> None:
    seen = public.seen
    for name in public.listed:
        assert seen.answers[f"/stats/{name}"].status == 200, name
    assert {path: answer.status for path, answer in seen.answers.items() if answer.status not in (200, 308, 404)} == {}
    strange = [path for path, answer in seen.answers.items() if answer.status == 404]
    assert all(path.startswith("/api/v1/") for path in strange), "every link leads somewhere"
    for path, answer in seen.answers.items():
        assert not answer.headers.keys() & {"set-cookie", "server"}, path
        policy = answer.headers["content-security-policy"]
        assert ("frame-ancestors *" in policy) == path.startswith("/stats/embed/"), path
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert b"streamlit" not in answer.body.lower() and b"_stcore" not in answer.body, path
    assert not (public.app.home / "site" / "now" / "r" / "3").exists()
    log = public.app.log.read_text()
    assert "Traceback" not in log and "could not be written" not in log, "the app found its site as it should be"


def test_no_firm_and_no_person_is_named_but_firms_that_agreed(public: Public) -> None:
    agreed = {path for path, text in public.seen.texts() if found(text.encode(), [*AGREED])}
    assert len(agreed) >= 6 and all("directory" in path for path in agreed)
    assert len([*public.seen.texts()]) > 300
    for path, text in public.seen.texts():
        assert found(text.encode(), PLANTED) == [], path
    for path, answer in public.seen.answers.items():
        assert found(answer.whole, PLANTED) == [], path


def test_every_figure_is_the_protected_one(public: Public) -> None:
    """Each cell of each table that programs read is that of the frozen release; a hidden one is nowhere a number."""
    contents = {draft.content.number: draft.content for draft in public.drafts}
    seen = 0
    for path, metric, number, labels, told in public.seen.rows():
        content = contents[number or max(contents)]
        tables = [its for name, its in content.told["tables"].items() if metric in (name, its["metric"])]
        (cell,) = [cell for its in tables for cell in its["cells"] if of(cell) == labels]
        value = told["value"]
        if cell["value"] is None:
            assert value in (None, "", "c", "x"), (path, labels)
            assert told["status"] == cell["status"] or value == cell["status"], (path, labels)
        else:
            assert Decimal(str(value)) == Decimal(str(cell["value"])), (path, labels)
        given = {name for name, one in told.items() if one not in (None, "", [])} - {"value", "status"}
        assert given <= {*cell}, (path, labels)
        seen += 1
    assert seen > 1_000


def of(cell: Mapping[str, Any]) -> dict[str, str]:
    """What a cell is about."""
    return {name: str(cell[name]) for name in LABELS if name in cell}


def secrets(public: Public) -> set[Decimal]:
    """True values of hidden figures that stand nowhere among those shown: where one is met, it got out."""
    shown: set[Decimal] = set()
    for draft in public.drafts:
        for its in draft.content.told["tables"].values():
            # How many rows a file has is told too, and of how many firms a hidden share would be.
            shown.add(Decimal(len(its["cells"])))
            for cell in its["cells"]:
                told_of = (
                    cell if cell["value"] is not None else {"n": cell.get("n") if its["unit"] == "share" else None}
                )
                shown |= {Decimal(str(one)) for one in told_of.values() if isinstance(one, int | float)}
    told: set[Decimal] = set()
    for draft in public.drafts:
        tables = draft.truth.tables
        told |= {Decimal(tables.value(name)) for name in draft.printed.hidden & tables.cells.keys()}
        for rate in tables.rates:
            below = Decimal(tables.value(rate.denominator))
            if rate.name in draft.printed.hidden and below:
                told.add(round(Decimal(tables.value(rate.numerator)) / below, rate.places))
    shown |= {round(one * times, places) for one in shown for times, places in ((1, 2), (1, 3), (100, 0), (100, 1))}
    return {one for one in told - shown if (one > SMALL or one % 1) and one not in YEARS}


def test_what_is_hidden_stands_nowhere(public: Public) -> None:
    """No number in words, attributes, alternative texts, drawings or files is that of a hidden figure."""
    hidden = secrets(public)
    assert {one > 1 for one in hidden} == {True, False} and len(hidden) >= 4, hidden
    every = public.seen.numbers()
    shown = public.drafts[-1].content.cell("hosted")["value"]
    assert sum(Decimal(shown) in found for found in every.values()) > 20, "numbers are found at all"
    assert {path: both for path, found in every.items() if (both := found & hidden)} == {}


def collected(public: Public, number: int) -> frozenset[Name]:
    """The names of the figures of a release that stay hidden from whoever has all that was crawled."""
    content = next(draft.content for draft in public.drafts if draft.content.number == number)
    tables: dict[str, dict[str, Any]] = {}
    for _, metric, its, labels, told in public.seen.rows():
        if (its or public.drafts[-1].content.number) == number and not {"month", "age_days"} & {*labels}:
            # In the API a figure by programme is one cut of a metric, in a release a table of its own.
            table = f"{metric.removesuffix('_by_programme')}_by_programme" if "programme" in labels else metric
            got = tables.setdefault(table, {})
            key = json.dumps(labels, sort_keys=True)
            hidden = told["value"] in (None, "", "c", "x")
            cell = {**labels, "value": None if hidden else told["value"]}
            if hidden:
                cell["status"] = told["status"] or told["value"]
            if told.get("n") not in (None, ""):
                cell["n"] = told["n"]
            # Whatever one file tells is known.
            if key not in got or got[key]["value"] is None:
                got[key] = {**cell, **({"n": got[key]["n"]} if "n" in got.get(key, {}) else {})}
    known = {name: {"metric": name, "cells": [*its.values()]} for name, its in tables.items()}
    assert known.keys() <= {*content.told["tables"]} and "closed_by_programme" in known
    return Content(json.dumps({"tables": known}).encode()).hidden


def test_nothing_can_be_worked_out_of_all_that_was_found(public: Public) -> None:
    """The audit is given what the crawl brought home, of both releases together, and nothing else."""
    known = [replace(one.printed, hidden=collected(public, one.content.number), why={}) for one in public.drafts]
    for draft, printed in zip(public.drafts, known, strict=True):
        assert printed.hidden == draft.content.hidden == draft.printed.hidden and printed.hidden
    assert audit(known) == []
    # The same audit finds what one figure more would give away.
    newest = public.drafts[-1]
    others = [name for name, why in newest.printed.why.items() if why == "others" and name in newest.truth.tables.cells]
    site = next(name for name in others if name[0] == "closed")
    told: list[Printed] = [*known[:-1], replace(known[-1], hidden=known[-1].hidden - {site})]
    assert audit(told), "a figure shown that keeps another one hidden"


# A process of its own


NOBODY = "nobody"


def denied(path: Path) -> bool:
    """Whether that user is refused a file."""
    code = f"import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); open({str(path)!r}, 'rb')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return done.returncode != 0 and "PermissionError" in done.stderr


def test_it_is_served_by_somebody_who_can_read_nothing_else(public: Public) -> None:
    """`python -m publish serve` under a user of its own, to whom the ledger and the generations are closed."""
    if os.geteuid() != 0 or pwd.getpwnam(NOBODY).pw_uid != 65534:
        pytest.skip("only root can become another user")
    home = public.app.home
    apart = Path(tempfile.mkdtemp(prefix="essaim-stats-"))
    try:
        shutil.copytree((home / "site/now").resolve(), apart / "site")
        apart.chmod(0o755)
        home.chmod(0o700)
        inside = (home / "ledger.sqlite", *home.glob("generations/*.duckdb"), home / "site/now/manifest.json")
        assert len(inside) > 2 and all(path.is_file() and denied(path) for path in inside)
        assert not denied(apart / "site/index.html")
        command = [sys.executable, "-m", "publish", "serve", str(apart / "site"), "--port", "0", "--rate", "30"]
        process = subprocess.Popen(
            [*command, "--user", NOBODY],
            cwd=ROOT,
            env={"PATH": "", "ESSAIM_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            for path, name in (("/en/", "en/index.html"), ("/api/v1/metrics", "api/v1/current/metrics.json")):
                with urllib.request.urlopen(url + path, timeout=10) as answer:
                    assert answer.read() == (apart / "site" / name).read_bytes()
                    assert not answer.headers["set-cookie"]
            processes = [process.pid, *map(int, children(process.pid))]
            for one in processes:
                told = Path(f"/proc/{one}/status").read_text()
                assert "Uid:\t65534\t65534\t65534\t65534" in told and "Groups:\t \n" in told, told
                held = {os.readlink(file) for file in Path(f"/proc/{one}/fd").iterdir()}
                assert not [file for file in held if str(home) in file]
            too_many(url)
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(apart)


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def test_whom_it_cannot_become_is_told(public: Public, capsys: pytest.CaptureFixture[str]) -> None:
    folder = (public.app.home / "site/now").resolve()
    assert serve(folder, port=0, user="nobody-of-that-name") == 2
    assert "There is no user" in capsys.readouterr().err


def too_many(url: str) -> None:
    """One address asks more than was allowed in a second: it is told to wait, and answered again later."""
    statuses = []
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/en/", timeout=10) as answer:
                statuses.append(answer.status)
        except HTTPError as error:
            statuses.append(error.code)
            assert error.headers["retry-after"] == "1" and error.headers["cache-control"] == "no-store"
            break
    assert statuses[-1] == 429 and statuses[0] == 200
    until = time.monotonic() + 10
    while time.monotonic() < until:
        time.sleep(0.3)
        try:
            with urllib.request.urlopen(f"{url}/en/", timeout=10):
                return
        except HTTPError:
            pass
    raise AssertionError("it stays refused")


def test_the_same_stranger_may_do_nothing_there(public: Public) -> None:
    for path in ("/stats/en/", "/api/v1/metrics", "/stats/"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert ask(public.app, method, path).status == 404


def test_a_firm_that_takes_its_consent_back_is_gone_with_the_next_request(public: Public) -> None:
    """Another process loads the list; nothing is written anew yet."""
    where = [path for path, text in public.seen.texts() if found(text.encode(), [AGREED[1]])]
    assert {ask(public.app, "GET", path).status for path in where} == {200}
    warehouse = Warehouse(Home.at(public.app.home))
    bring(warehouse, line(AGREED[1], f"{AGREED[1]} pro", Secteur="Design", Retrait_du_consentement="01/02/2020"))
    warehouse.close()
    for path in where:
        answer = ask(public.app, "GET", path)
        assert answer.status in (404, 503) and found(answer.whole, [*AGREED]) == [], path
    assert ask(public.app, "GET", "/stats/fr/").status == 200, "the rest stands"
