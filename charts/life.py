"""One firm's line of life: where it was hosted and when, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from charts.chart import Chart, nothing
from charts.grouped import as_name
from charts.says import named
from charts.theme import FAINT, INK, NORMAL, QUIET, SMALL, Look, axis, figure, short, words_in
from words import Words

# What an event looks like on the line; "alive" and "closed_by" are what lists prove, not what happened on a day.
SIGNS = {
    "founded": "circle-open",
    "entered": "triangle-right",
    "left": "triangle-left",
    "graduated": "star",
    "taken_over": "diamond",
    "merged": "diamond",
    "closed": "x",
    "closed_by": "x-open",
    "alive": "circle",
}
ROW = 46
AROUND = 0.04


def life(
    table: pd.DataFrame,
    t: Words,
    look: Look,
    *,
    firm: str,
    events: pd.DataFrame,
    as_of: date,
) -> Chart:
    """A row per site with its stays as bars, and a row of what happened above them, on one axis of time.

    `table` and `events` are the stays and events of metrics.firms.history() up to `as_of`. A stay whose end is not
    known is hatched from the last day on which a list shows it.
    """
    headings = [t("What"), t("Site"), t("From"), t("To"), t("Detail")]
    stays = [row for row in table.to_dict("records") if _day(row.get("entered_on"))] if len(table) else []
    happened = [row for row in events.to_dict("records") if _day(row.get("day"))] if len(events) else []
    if not stays and not happened:
        return nothing(t, t("{firm}: nothing known up to {day}", firm=firm, day=as_of), headings)
    kinds = _kinds(t)
    sites = list(dict.fromkeys(as_name(row.get("site")) for row in stays))
    return Chart(
        _drawn(t, look, stays, happened, sites, as_of, kinds),
        _title(t, firm, stays, happened, as_of),
        _alt(t, firm, stays, happened, kinds, as_of),
        _table(t, stays, happened, kinds, headings),
        {headings[2]: _reader(t), headings[3]: _reader(t)},
        "site" if stays else None,
        tuple(_notes(t, stays, as_of)),
    )


def _kinds(t: Words) -> dict[str, str]:
    return {
        "founded": t("Founded"),
        "entered": t("Entry"),
        "left": t("Exit"),
        "graduated": t("Graduated"),
        "taken_over": t("Taken over"),
        "merged": t("Merged"),
        "closed": t("Closed"),
        "closed_by": t("Closed by then, the day is not known"),
        "alive": t("Last known alive"),
    }


def meanings(t: Words) -> dict[str, str]:
    """The reasons of exits and the statuses of firms, as a reader says them."""
    return {
        "graduated": t("graduated"),
        "moved": t("moved"),
        "merged": t("merged"),
        "evicted": t("evicted"),
        "other": t("another reason"),
        "hosted": t("hosted"),
        "alumni": t("left, in activity"),
        "closed": t("closed"),
        "unknown": t("unknown"),
    }


def _day(value: Any) -> date | None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return pd.Timestamp(value).date()


def _reader(t: Words) -> Any:
    def read(value: Any) -> str:
        day = _day(value)
        return "" if day is None else t.short_day(day)

    return read


def _until(row: Mapping[Any, Any], as_of: date) -> date:
    return _day(row.get("left_on")) or as_of


def _drawn(
    t: Words,
    look: Look,
    stays: Sequence[Mapping[Any, Any]],
    happened: Sequence[Mapping[Any, Any]],
    sites: Sequence[str],
    as_of: date,
    kinds: Mapping[str, str],
) -> Any:
    data: list[dict[str, Any]] = []
    days = [as_of, *(day for row in stays if (day := _day(row["entered_on"])))]
    days += [day for row in happened if (day := _day(row["day"]))]
    start, end = min(days), max(days)
    spare = timedelta(days=max(int((end - start).days * AROUND), 20))
    for row in stays:
        site = as_name(row.get("site"))
        at = -1 - sites.index(site)
        first, last = _day(row["entered_on"]), _until(row, as_of)
        assert first is not None
        open_end = bool(row.get("open", _day(row.get("left_on")) is None))
        seen = _day(row.get("seen_on"))
        sure = min(max(seen, first), last) if open_end and seen else last
        told = short(named(t, site), 40, 2)
        ends = t("still there") if open_end else t.day(last)
        said = t("From {first} to {last}", first=first, last=ends) if not open_end else t("Since {first}", first=first)
        data.append(_bar(first, sure, at, look.colour("site", site), [site, told, said], ""))
        if sure < last:
            shown = t("No list shows it after {day}", day=sure)
            data.append(_bar(sure, last, at, look.colour("site", site), [site, told, shown], "/"))
    marked = [row for row in happened if row["event"] in SIGNS]
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [_iso(_day(row["day"])) for row in marked],
            "y": [0] * len(marked),
            "marker": {
                "symbol": [SIGNS[row["event"]] for row in marked],
                "size": 12,
                "color": INK,
                "line": {"width": 1.5, "color": INK},
            },
            "customdata": [
                [None, short(kinds[row["event"]], 40, 2), t.day(day), short(_detail(t, row), 44, 3)]
                for row in marked
                if (day := _day(row["day"]))
            ],
            "hovertemplate": t(
                "<b>{what}</b><br>{day}<br>{detail}",
                what="%{customdata[1]}",
                day="%{customdata[2]}",
                detail="%{customdata[3]}",
            )
            + "<extra></extra>",
        }
    )
    labels = [
        words_in(
            short(named(t, site), 40),
            size=NORMAL,
            x=0,
            y=-1 - place + 0.36,
            xref="paper",
            xanchor="left",
            yanchor="middle",
        )
        for place, site in enumerate(sites)
    ]
    labels += _written(t, marked, kinds, start - spare, end + spare)
    return figure(
        data,
        t,
        height=ROW * (len(sites) + 1) + 106,
        barmode="overlay",
        shapes=[
            {
                "type": "line",
                "x0": _iso(start),
                "x1": _iso(end),
                "y0": 0,
                "y1": 0,
                "line": {"color": QUIET, "width": 1.5},
                "layer": "below",
            }
        ],
        annotations=labels,
        margin={"l": 6, "r": 6, "b": 26, "pad": 0},
        xaxis=axis(
            type="date",
            range=[_iso(start - spare), _iso(end + spare)],
            showgrid=True,
            gridcolor=FAINT,
            automargin=False,
            **_years(start, end),
        ),
        yaxis=axis(range=[-len(sites) - 0.45, 1.25], visible=False),
    )


def _bar(first: date, last: date, at: float, colour: str, custom: list[str], pattern: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "base": [_iso(first)],
        # A length of time on an axis of days is in milliseconds; a stay of a day is still seen.
        "x": [max((last - first).days, 1) * 86_400_000],
        "y": [at - 0.12],
        "width": 0.42,
        "marker": {
            "color": colour,
            "line": {"width": 0},
            "cornerradius": 2,
            "pattern": {"shape": pattern, "size": 6, "solidity": 0.4},
        },
        "customdata": [custom],
        "hovertemplate": "<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _years(start: date, end: date) -> dict[str, Any]:
    """Years under the axis, few enough for a phone; within one year its months stay unnamed but for their year."""
    span = end.year - start.year + 1
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 1000) if span <= one * 6)
    years = [year for year in range(start.year, end.year + 1) if year % step == 0] or [start.year]
    return {
        "tickmode": "array",
        "tickvals": [f"{year:04d}-01-01" for year in years],
        "ticktext": [str(year) for year in years],
    }


def _written(
    t: Words, marked: Sequence[Mapping[Any, Any]], kinds: Mapping[str, str], start: date, end: date
) -> list[dict[str, Any]]:
    """The names of events above their marks, in two rows, where they touch no other on a phone."""
    width = 330 / max((end - start).days, 1)
    taken = [-1e9, -1e9]
    found = []
    for row in sorted(marked, key=lambda one: str(_day(one["day"]))):
        day = _day(row["day"])
        assert day is not None
        text = short(kinds[row["event"]], 16)
        half = 3.4 * len(text) + 4
        x = min(max((day - start).days * width, half), 330 - half)
        for level in (0, 1):
            if x - half > taken[level]:
                taken[level] = x + half
                found.append(
                    words_in(
                        text,
                        size=SMALL,
                        x=_iso(day),
                        y=0.42 + 0.42 * level,
                        xanchor="left" if x == half else "right" if x == 330 - half else "center",
                        yanchor="middle",
                    )
                )
                break
    return found


def _detail(t: Words, row: Mapping[Any, Any]) -> str:
    told = (_text(row.get("site")), _reason(t, row.get("detail")))
    return ", ".join(one for one in told if one)


def _title(
    t: Words, firm: str, stays: Sequence[Mapping[Any, Any]], happened: Sequence[Mapping[Any, Any]], as_of: date
) -> str:
    """Where the firm stands: still hosted, left, or closed, and since when it was there."""
    if not stays:
        return t("{firm}: never hosted", firm=firm)
    first = min(day for row in stays if (day := _day(row["entered_on"])))
    still = [row for row in stays if bool(row.get("open", _day(row.get("left_on")) is None))]
    closed = next((day for row in happened if row["event"] == "closed" and (day := _day(row["day"]))), None)
    if still:
        where = t.list(dict.fromkeys(named(t, as_name(row.get("site"))) for row in still))
        return t(
            "{firm}: in the park since {first}, at {sites} on {day}", firm=firm, first=first, sites=where, day=as_of
        )
    last = max(_until(row, as_of) for row in stays)
    if closed is not None and closed <= as_of:
        return t(
            "{firm}: in the park from {first} to {last}, closed on {closed}",
            firm=firm,
            first=first,
            last=last,
            closed=closed,
        )
    return t("{firm}: in the park from {first} to {last}", firm=firm, first=first, last=last)


def _notes(t: Words, stays: Sequence[Mapping[Any, Any]], as_of: date) -> list[str]:
    hatched = any(
        bool(row.get("open")) and (seen := _day(row.get("seen_on"))) is not None and seen < as_of for row in stays
    )
    return [t("Hatched: no list shows the firm there any more, none says that it left.")] if hatched else []


def _alt(
    t: Words,
    firm: str,
    stays: Sequence[Mapping[Any, Any]],
    happened: Sequence[Mapping[Any, Any]],
    kinds: Mapping[str, str],
    as_of: date,
) -> str:
    told = [t("Line of life of {firm} up to {day}.", firm=firm, day=as_of)]
    for row in stays:
        first, last = _day(row["entered_on"]), _day(row.get("left_on"))
        site = named(t, as_name(row.get("site")))
        told.append(
            t("Hosted at {site} from {first} to {last}.", site=site, first=first, last=last)
            if last
            else t("Hosted at {site} since {first}.", site=site, first=first)
        )
    for row in happened:
        told.append(t("{what}: {day}.", what=kinds.get(row["event"], str(row["event"])), day=_day(row["day"])))
    return " ".join(told)


def _table(
    t: Words,
    stays: Sequence[Mapping[Any, Any]],
    happened: Sequence[Mapping[Any, Any]],
    kinds: Mapping[str, str],
    headings: Sequence[str],
) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = [
        (
            t("Stay"),
            named(t, as_name(row.get("site"))),
            _day(row["entered_on"]),
            _day(row.get("left_on")),
            _reason(t, row.get("exit_reason")),
        )
        for row in stays
    ]
    rows += [
        (
            kinds.get(row["event"], str(row["event"])),
            _text(row.get("site")),
            _day(row["day"]),
            None,
            _reason(t, row.get("detail")),
        )
        for row in happened
    ]
    return pd.DataFrame(rows, columns=list(headings), dtype=object)


def _reason(t: Words, value: Any) -> str | None:
    """A detail as it is read: reasons of exits in words, names as they are."""
    told = _text(value)
    return meanings(t).get(told, told) if told else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
