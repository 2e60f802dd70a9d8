"""The app from outside a browser: where it starts, what its pages show, and what they say when something breaks."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import subprocess
import sys
import threading
import time
import tomllib
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import awaited
from tests.sample import sample_into
from ui.tidying import tidy

ROOT = Path(__file__).resolve().parent.parent


def test_the_app_does_not_start_on_every_address(tmp_path: Path) -> None:
    environment = {**os.environ, "ESSAIM_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "ESSAIM_HOSTS" in done.stderr and "Traceback" not in done.stderr


class Ring:
    """Something that holds on to itself."""

    def __init__(self) -> None:
        self.own = self


def test_garbage_is_collected_beside_the_pages() -> None:
    """Streamlit was told not to."""
    assert tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["runner"]["postScriptGC"] is False

    async def left() -> bool:
        tidying = asyncio.create_task(tidy(0.01))
        old = Ring()
        gc.collect()
        ring = weakref.ref(old)
        del old
        for _ in range(200):
            # Some garbage comes together; looking for young garbage does not find what is old.
            gc.collect(0)
            await asyncio.sleep(0.1)
            if ring() is None:
                break
        tidying.cancel()
        return ring() is not None

    gc.disable()
    try:
        assert not awaited(left())
    finally:
        gc.enable()


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A ledger of this test's own; the process's warehouse is forgotten before and after."""
    from ui import park

    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    park.warehouse.cache_clear()
    yield tmp_path
    park.warehouse.cache_clear()


@pytest.fixture(scope="module")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample park, loaded once for these tests."""
    home = tmp_path_factory.mktemp("sample")
    sample_into(home)
    return home


@pytest.fixture
def sample(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process looks at the sample park, and has answered nothing yet."""
    from ui import park
    from ui.kept import kept

    monkeypatch.setenv("ESSAIM_HOME", str(sample_home))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    park.warehouse.cache_clear()
    kept.clear()
    yield
    park.warehouse.cache_clear()
    kept.clear()


def frame(language: str, **parameters: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    for name, value in {"lang": language, **parameters}.items():
        page.query_params[name] = value
    return page.run()


def shown(page: AppTest) -> list[str]:
    """Everything a page says in words."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error")
    return [str(getattr(element, "value", "")) for kind in kinds for element in page.get(kind)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_empty_ledger_says_what_to_do(empty_home: Path, language: str) -> None:
    page = frame(language)
    assert not page.exception and not page.error
    assert len(page.title) == 1
    assert "python -m data load-sample" in " ".join(code.value for code in page.code)
    assert not page.button_group or [group.key for group in page.button_group] == ["lang"], "nothing to filter"


@pytest.mark.usefixtures("sample")
def test_the_overview_shows_its_figures_in_english() -> None:
    page = frame("en")
    assert not page.exception and not page.error
    assert [metric.value for metric in page.metric][:2] == ["320", "1,200"]
    assert page.metric[2].value.endswith("%") and page.metric[1].delta.startswith("+")
    assert all(metric.help for metric in page.metric)
    told = " ".join(shown(page))
    assert "fifth anniversary" in told and "You are looking at the whole network" in told
    assert len(page.get("plotly_chart")) == len(page.header)


@pytest.mark.usefixtures("sample")
def test_the_overview_writes_figures_as_the_french_do() -> None:
    page = frame("fr")
    assert not page.exception and not page.error
    assert page.metric[1].value == "1\u202f200"
    assert re.fullmatch(r"\d+,\d[\u00a0\u202f]%", page.metric[2].value)
    assert "25 octobre 2020" in " ".join(shown(page))


@pytest.mark.usefixtures("sample")
def test_every_chart_has_its_words_and_nothing_is_made_before_it_is_asked_for() -> None:
    page = frame("en")
    for chart in page.get("plotly_chart"):
        assert len(chart.proto.alt) > 40
    assert not page.dataframe and not page.get("download_button")


@pytest.mark.usefixtures("sample")
def test_figures_follow_the_filters() -> None:
    whole, one = frame("en"), frame("en", site="Rabat")
    assert 0 < int(one.metric[0].value) < int(whole.metric[0].value)
    assert "You are looking at the site Rabat" in " ".join(shown(one))


@pytest.mark.usefixtures("sample")
def test_a_chart_that_breaks_says_so_in_its_place_and_the_rest_stands(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from charts import bars

    def ranked(table: Any, t: Any, look: Any) -> Any:
        raise RuntimeError("the secret of Villa Bleue")

    whole = len(frame("en").get("plotly_chart"))
    monkeypatch.setattr(bars, "ranked", ranked)
    page = frame("en")
    assert not page.exception
    assert page.error and len(page.get("plotly_chart")) + len(page.error) == whole
    assert len(page.metric) == 4
    for error in page.error:
        assert "Villa Bleue" not in error.value and "the rest of the app works" in error.value
        reference = error.value.split("**")[1]
        assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_page_without_its_frame_shows_nothing() -> None:
    page = AppTest.from_file(str(ROOT / "pages" / "overview.py"), default_timeout=30).run()
    assert page.exception and not page.metric


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This page cannot be shown just now"), ("fr", None)], ids=["en", "fr"]
)
def test_an_error_shows_a_reference_that_is_in_the_log(
    language: str, words: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    def script() -> None:
        from ui import language, trouble

        language.switch()
        trouble.script_error(RuntimeError("the secret of Villa Bleue"))

    page = AppTest.from_function(script)
    page.query_params["lang"] = language
    sentence = page.run().error[0].value
    reference = sentence.split("**")[1]
    assert len(reference) == 8 and "Villa Bleue" not in sentence
    assert words is None or sentence.startswith(words)
    assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)


def test_names_from_spreadsheets_are_never_markup() -> None:
    from ui.markup import plain

    assert plain("[Villa](x) *Bleue* :red[$1$] `a` <b>") == (
        "\\[Villa\\](x) \\*Bleue\\* :\u2060red\\[\\$1\\$\\] \\`a\\` \\<b\\>"
    )
    assert plain("2020. A year") == "2020\\. A year"
    assert plain("- a") == "\\- a"
    assert plain("https://a.example WWW.a.example a@a.example") == (
        "https:\u2060//a.example WWW\u2060.a.example a\u2060@a.example"
    )
    assert plain(":material/home: &lt;") == ":\u2060material/home: &amp;lt;"


def test_what_is_worked_out_is_worked_out_once_and_bounded() -> None:
    from ui.kept import Kept

    kept, made = Kept(most=2), []

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(name, lambda name=name: make(name)) == name  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"] and len(kept) == 2
    with pytest.raises(ZeroDivisionError):
        kept.get("d", lambda: 1 // 0)
    assert kept.get("d", lambda: 4) == 4


def test_two_readers_who_ask_for_the_same_wait_for_one_making() -> None:
    from ui.kept import Kept

    kept, started, made = Kept(), threading.Barrier(4), []

    def slow() -> int:
        made.append(1)
        time.sleep(0.05)
        return 7

    def ask_it() -> int:
        started.wait(5)
        return kept.get("same", slow)

    with ThreadPoolExecutor(4) as readers:
        answers = [future.result(10) for future in [readers.submit(ask_it) for _ in range(4)]]
    assert answers == [7] * 4 and len(made) == 1
