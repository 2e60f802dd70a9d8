"""What the command line prints of its own accord names no firm and no person; what a role may do is no argument."""

from __future__ import annotations

import contextlib
import io

import pytest

from access.__main__ import main as access
from access.__main__ import parser
from data.__main__ import main as data
from tests.browser.started import Running
from tests.matrix.planted import found
from tests.matrix.table import CHANGING, COMMANDS

pytestmark = pytest.mark.xdist_group("matrix")


def test_every_command_has_a_row() -> None:
    (commands,) = (one.choices for one in parser()._actions if isinstance(one.choices, dict))
    assert {*commands} == {words[0] for words in COMMANDS["access"]} | {*CHANGING}


@pytest.mark.parametrize("of", COMMANDS)
def test_the_command_line_names_nobody(planted_app: Running, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(planted_app.home))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    planted_app.session("leader", "Rabat")
    for words in COMMANDS[of]:
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            assert (access if of == "access" else data)(words) == 0
        assert told.getvalue() and found(told.getvalue().encode()) == [], words
