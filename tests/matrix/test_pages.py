"""Each page asks itself who reads, whatever stands before it: one that is run without its frame shows nothing."""

from __future__ import annotations

import ast

import pytest

from access.pages import PAGES
from access.roles import Who
from tests.browser.started import ROOT
from tests.matrix import table
from ui import page, reader
from ui.reader import NotYours, SignedOut


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_who_reads_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for told in table.INSIDE:
        role, _, site = told.partition("@")
        monkeypatch.setattr(reader, "who", lambda role=role, site=site: Who(1, "A", role, (site,) if site else (), "s"))
        # LookupError: it is theirs, and there is no frame around it.
        with pytest.raises(LookupError if told in table.PAGES[name] else NotYours):
            page.open(name)

    def nobody() -> Who:
        raise SignedOut

    monkeypatch.setattr(reader, "who", nobody)
    with pytest.raises(SignedOut):
        page.open(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_by_asking(name: str) -> None:
    code = ast.parse((ROOT / "pages" / f"{name}.py").read_text(encoding="utf-8"))
    calls = (ast.Call, ast.With, ast.If, ast.For)
    acts = [one for one in code.body if any(isinstance(part, calls) for part in ast.walk(one))]
    assert ast.unparse(acts[0]) == f"view = page.open('{name}')"
