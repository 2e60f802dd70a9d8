"""Every page in both languages, with the sample park and an empty ledger, and no word that cannot be translated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import words
from metrics import METRICS
from metrics.ask import Scope, ask
from metrics.compare import compare
from tests.sample import sample_into
from ui import park
from ui.kept import kept

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "first_run")
# What stands on a page in every language: names of files and formats, and names from the spreadsheets.
EVERYWHERE = {"Essaim", "SQL", "CSV", "XLSX", "SVG", "PNG", "fr", "en"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The sample park in a ledger of these tests' own."""
    home = tmp_path_factory.mktemp("home")
    sample_into(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESSAIM_HOME", str(home))
        patch.delenv("ESSAIM_LEDGER", raising=False)
        forget()
        yield
    forget()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path))
    monkeypatch.delenv("ESSAIM_LEDGER", raising=False)
    forget()
    yield
    forget()


def forget() -> None:
    park.warehouse.cache_clear()
    kept.clear()


def shown(page: str, language: str = "en", **parameters: str) -> AppTest:
    """A page inside its frame, run once."""
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=120)
    for name, value in {"lang": language, **parameters}.items():
        test.query_params[name] = value
    test.run()
    if page not in ("overview", "first_run"):
        test.switch_page(f"../pages/{page}.py").run()
    return test


def nothing_broke(test: AppTest) -> None:
    assert [one.value for one in test.exception] == []
    assert [one.value for one in test.error] == []


def charts(test: AppTest) -> list[dict[str, Any]]:
    """Title, alternative text and figure of every chart, in the order of the page."""
    titles = [one.value for one in test.subheader]
    drawn = [one.proto for one in test.get("plotly_chart")]
    return [{"alt": one.alt, "figure": json.loads(one.spec), "titles": titles} for one in drawn]


@pytest.mark.parametrize("language", list(words.LANGUAGES))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_sample_park(sample: None, page: str, language: str) -> None:
    test = shown(page, language)
    nothing_broke(test)
    assert len(test.title) == 1 and test.title[0].value
    assert all(one["alt"] for one in charts(test))


@pytest.mark.parametrize("language", list(words.LANGUAGES))
@pytest.mark.parametrize("page", ["first_run", "history", "definitions"])
def test_an_empty_ledger_is_no_error(empty: None, page: str, language: str) -> None:
    test = shown(page, language)
    nothing_broke(test)
    assert len(test.title) == 1
    if page == "first_run":
        assert any("python -m data load" in one.value for one in test.code)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "filters",
    [
        {"site": "Agadir"},
        {"site": "Agadir", "sector": "Industries créatives", "cohort": "2001"},
        {"from": "2019-01-01", "to": "2019-06-30"},
        {"as_of": "1999-01-01"},
        {"as_of": "2031-01-01"},
        {"known_on": "1999-01-01"},
        {"site": "Nowhere", "from": "yesterday"},
        {"from": "2020-02-01", "to": "2019-02-01"},
    ],
    ids=lambda filters: "-".join(filters),
)
def test_no_filter_breaks_a_page(sample: None, page: str, filters: dict[str, str]) -> None:
    nothing_broke(shown(page, "fr", **filters))


def test_the_tiles_say_what_ask_answers_in_french(sample: None) -> None:
    test, generation, fr = shown("overview", "fr"), park.generation(), words.of("fr")
    told = {one.label: one.value for one in test.metric}
    answer = ask(generation, ["hosted", "former", "survival_5y"], Scope()).set_index("metric")["value"]
    assert told[fr("Hosted firms")] == fr.count(answer["hosted"])
    assert told[fr("Former tenants")] == fr.count(answer["former"]) == "1\u202f200"
    assert told[fr("Five-year survival")] == fr.share(answer["survival_5y"])


OPEN, CLOSE = "⟦", "⟧"


class Marked(words.Words):
    """A language in which every sentence that went through the catalogue stands in brackets."""

    def __call__(self, message: str, /, **places: Any) -> str:
        return f"{OPEN}{super().__call__(message, **places)}{CLOSE}"

    def many(self, one: str, many: str, n: float, /, **places: Any) -> str:
        return f"{OPEN}{super().many(one, many, n, **places)}{CLOSE}"


def texts(test: AppTest) -> Iterator[str]:
    """Whatever a reader reads on a page, or hears of its charts."""
    for kind in ("title", "header", "subheader", "caption", "markdown", "text", "warning", "info"):
        yield from (str(one.value) for one in getattr(test, kind))
    for kind in ("button", "text_input", "selectbox", "multiselect", "date_input"):
        yield from (str(one.label) for one in getattr(test, kind) if one.key != "lang")
    for metric in test.metric:
        yield from (str(metric.label), str(metric.value))
    for one in charts(test):
        yield one["alt"]
        yield from drawn_texts(one["figure"])


def drawn_texts(figure: dict[str, Any]) -> Iterator[str]:
    """The words inside a drawing: titles of axes, annotations, legends, hover texts."""
    layout = figure["layout"]
    yield from (str(one.get("text", "")) for one in layout.get("annotations", ()))
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")):
            yield str((axis.get("title") or {}).get("text", ""))
    for trace in figure["data"]:
        yield str(trace.get("name", ""))
        yield str(trace.get("hovertemplate", ""))


def outside(text: str) -> str:
    """What of a text did not go through the catalogue."""
    inner = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
    while inner.search(text):
        text = inner.sub(" ", text)
    text = re.sub(r"%\{[^}]*\}|<[^>]*>|&\w+;|:[a-z-]+(?=\[)|\\", " ", text)
    return text.replace(OPEN, " ").replace(CLOSE, " ")


def opened(page: str, key: str, language: str = "en") -> AppTest:
    """A page with the firms behind one of its figures."""
    return shown(page, language).button(key=f"behind_{key}").click().run()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_figure_opens_the_firms_behind_it(sample: None, language: str) -> None:
    t = words.of(language)
    test = opened("overview", "tiles_hosted_former_survival_5y_entries", language)
    nothing_broke(test)
    assert t("{label}: {value}", label=t("Hosted firms"), value="**320**") in [one.value for one in test.markdown]
    table = test.dataframe[0].value
    assert len(table) == 320 and {t("Firm"), t("File"), t("Sheet"), t("Cell"), t("By whom")} <= set(table.columns)
    assert table[t("Cell")].str.fullmatch(r"[A-Z]+[0-9]+").all()
    options = test.selectbox[0].options
    # Each tile, the split of one, the same a year before, and by year.
    assert len(options) == 4 * 3 + 2 and options[0] == t("Hosted firms")


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_the_groups_of_a_log_rank_test_open_their_firms(
    sample: None,
    language: str,
) -> None:
    t = words.of(language)
    test = shown("survival", language, by="site")
    test.button(key="behind_compared_site").click().run()
    nothing_broke(test)
    found = compare(park.generation(), Scope(), "site").groups
    groups = found[found["compared"]].to_dict("records")
    told = "{name}: {n:,} at risk, {closures:,} closed"
    said = [t(told, name=one["site"], n=one["n"], closures=one["events"]) for one in groups]
    assert test.selectbox(key="compared_site_figure").options == said and len(said) > 1
    assert len(test.dataframe[-1].value) == groups[0]["n"]
    lists: Any = test.get("button_group")[-1]
    assert t("{list} ({n:,})", list=t("Closed"), n=groups[0]["events"]) in lists.options


def test_every_chart_and_every_definition_has_firms_behind_it(sample: None) -> None:
    for page in ("overview", "entries", "sites", "survival", "cohorts"):
        test = shown(page)
        doors = [one for one in test.button if str(one.key).startswith("behind_")]
        tiles = page in ("overview", "survival", "sites")
        unknown = page == "survival"
        assert len(doors) == len(test.get("plotly_chart")) + tiles + unknown, page
    test = shown("definitions")
    assert sum(str(one.key).startswith("behind_") for one in test.button) == len(METRICS)


def test_every_figure_of_a_chart_has_its_own_list(sample: None) -> None:
    """A bar, a period, an age and a list of it, chosen one after the other; their counts are the chart's."""
    test = AppTest.from_function(_room, default_timeout=60).run()
    nothing_broke(test)
    whole = ask(park.generation(), ["survival_by_age"], by=("year",))
    cell = whole[(whole["year"] == "2012") & (whole["age"] == 3)].iloc[0]
    year = test.selectbox[0]
    year.set_value(year.options.index("2012")).run()
    test.selectbox[1].set_value(2).run()
    assert str(test.markdown[0].value).startswith("Survival by age: **")
    lists: Any = test.get("button_group")[0]
    assert f"Alive: numerator ({cell['n'] - cell['events']:.0f})" in lists.options
    assert len(test.dataframe[0].value) == cell["n"] - cell["events"]
    nothing_broke(test)


def _room() -> None:
    import words
    from metrics.ask import Scope
    from ui import behind, park
    from ui.asked import Asked
    from ui.view import View

    known = park.generation()
    view = View(known, words.of("en"), Scope(as_of=known.stated_on), (), (), ())
    behind._room(view, lambda: [Asked("Survival by age", "survival_by_age", view.scope, ("year",))], "test")


@pytest.mark.parametrize("page, key", [("survival", "unknown"), ("sites", "ranked_occupancy_site")])
def test_every_word_about_the_firms_behind_a_figure_goes_through_the_catalogue(
    sample: None, page: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = words.of("en")
    monkeypatch.setattr(words, "of", lambda language: Marked("en", real._catalogue))
    kept.clear()
    try:
        test = opened(page, key)
        nothing_broke(test)
        lists: Any = test.get("button_group")[-1]
        told = [*map(str, test.dataframe[0].value.columns), lists.label, *lists.options]
        assert [one for one in told if re.search(r"[^\W\d_]{2,}", outside(one))] == []
    finally:
        kept.clear()


@pytest.mark.parametrize("page", PAGES)
def test_every_word_on_a_page_goes_through_the_catalogue(
    sample: None, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = words.of("en")
    monkeypatch.setattr(words, "of", lambda language: Marked("en", real._catalogue))
    kept.clear()
    try:
        test = shown(page, "en")
        nothing_broke(test)
        listed = park.names(park.generation())
        data = sorted({*listed.sites, *listed.sectors, *listed.cohorts, *EVERYWHERE}, key=len, reverse=True)
        left = set()
        for text in texts(test):
            rest = outside(text)
            for name in data:
                rest = rest.replace(name, " ")
            # A name that did not fit is cut.
            left |= {one for one in re.findall(r"[^\W\d_]{2,}(?!…)", rest) if not any(one in name for name in data)}
        assert left == set()
    finally:
        kept.clear()
