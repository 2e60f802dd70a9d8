"""How numbers are named in the sentences of charts: so many entries, so many firms hosted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from charts.chart import Rows
from charts.theme import NAMES
from metrics.ask import NONE
from metrics.metric import Metric
from words import Words

# So many numbers can be said one after the other.
FEW = 12
# Metrics whose sites share firms, so that sites may add up to more than the network.
_SHARED = ("presence", "departure", "other_presence")


def counted(t: Words, metric: Metric, n: float, by: str | None = None) -> str:
    """So many of what a metric counts: 114 entries. By site, entries and exits are those of the sites."""
    if by == "site":
        match metric.name:
            case "entries":
                return t.many("{n:,} entry at the sites", "{n:,} entries at the sites", n)
            case "exits":
                return t.many("{n:,} exit from the sites", "{n:,} exits from the sites", n)
            case "re_entries":
                return t.many("{n:,} re-entry at the sites", "{n:,} re-entries at the sites", n)
    match metric.name:
        case "entries":
            return t.many("{n:,} entry", "{n:,} entries", n)
        case "exits":
            return t.many("{n:,} exit", "{n:,} exits", n)
        case "re_entries":
            return t.many("{n:,} re-entry", "{n:,} re-entries", n)
        case "transfers":
            return t.many("{n:,} transfer", "{n:,} transfers", n)
        case "hosted":
            return t.many("{n:,} hosted firm", "{n:,} hosted firms", n)
        case "supported":
            return t.many("{n:,} supported firm", "{n:,} supported firms", n)
        case "former":
            return t.many("{n:,} former tenant", "{n:,} former tenants", n)
        case "alumni":
            return t.many("{n:,} alumnus", "{n:,} alumni", n)
        case "closed":
            return t.many("{n:,} closed firm", "{n:,} closed firms", n)
        case "other_occupants":
            return t.many("{n:,} other occupant", "{n:,} other occupants", n)
    return t("{label}: {value}", label=t(metric.label), value=t.value(n, metric.unit))


def adds_up(metric: Metric, by: str | None) -> bool:
    """Whether the values of names add up to the whole's: not at sites, where a firm may count at several."""
    return is_count(metric) and not (by == "site" and metric.over in _SHARED)


def is_indicative(n: float | None, unknown: float | None) -> bool:
    """Whether a share of `n` firms is only indicative, since more than a tenth of all fates are unknown."""
    if n is None or unknown is None or n != n or unknown != unknown:
        return False
    return unknown * 10 > n + unknown


def is_count(metric: Metric) -> bool:
    """Whether a metric counts things, so that bars may be stacked and parts compared with a whole."""
    return metric.unit not in ("share", "days", "years")


def named(t: Words, name: str | None) -> str:
    """A name out of the data as it is; what has none in the reader's words."""
    return t("(none)") if name is None or name == NONE else str(name)


def heading(t: Words, dimension: str) -> str:
    """The heading of a table's column of names or periods."""
    return {
        "site": t("Site"),
        "sector": t("Sector"),
        "cohort": t("Cohort"),
        "programme": t("Programme"),
        "year": t("Year"),
        "quarter": t("Quarter"),
        "month": t("Month"),
    }.get(dimension, dimension)


def each(t: Words, dimension: str) -> str:
    """A dimension inside a sentence: by site."""
    return {
        "site": t("by site"),
        "sector": t("by sector"),
        "cohort": t("by cohort"),
        "programme": t("by programme"),
        "year": t("by year"),
        "quarter": t("by quarter"),
        "month": t("by month"),
    }.get(dimension, dimension)


def names(t: Words, all_of_them: Sequence[str], most: int = NAMES, first: int = NAMES - 1) -> str:
    """Names in a row; of more than `most` only the `first`, and how many more there are."""
    if len(all_of_them) <= most:
        return t.list(named(t, name) for name in all_of_them)
    more = t.many("{n:,} other", "{n:,} others", len(all_of_them) - first)
    return t.list([*(named(t, name) for name in all_of_them[:first]), more])


def among(t: Words, period: str, tied: int) -> str:
    """A period that has the most or the least; of several that have as much the one named, and that there are more."""
    return t("{period} among others", period=period) if tied > 1 else period


def values(t: Words, pairs: Iterable[tuple[str, str]]) -> str:
    """Names with their values, one after the other: Rabat 4; Tanger 2."""
    return t("; ").join(t("{name}: {value}", name=name, value=value) for name, value in pairs)


def no_value(t: Words, metric: Metric, table: Rows, first: date | None = None, last: date | None = None) -> str:
    """Says why there is nothing to draw: what the answer notes, no event in these days, or nobody in the scope."""
    label = t(metric.label)
    if "note" in table and "value" in table:
        for value, note in zip(table["value"].tolist(), table["note"].tolist(), strict=True):
            if (value is None or value != value) and isinstance(note, str) and note:
                return t("{label}: {note}", label=label, note=note)
    if not metric.counts_periods:
        return t("{label}: no firm in this scope", label=label)
    if first and last and first != last:
        return t("{label}: none from {first} to {last}", label=label, first=first, last=last)
    if last:
        return t("{label}: none, {when}", label=label, when=span(t, first, last))
    return t("{label}: none in this period", label=label)


@dataclass(frozen=True)
class Fraction:
    """Reads a column of shares with some years among them: shares stand as percentages, what exceeds 1 is in years."""

    t: Words

    def __call__(self, value: float | None) -> str:
        return self.t.number(value, 2) if value is not None and value > 1 else self.t.share(value)


def reader(t: Words, unit: str) -> Callable[[float], str]:
    """How values of a unit are written in tables."""
    if unit == "share":
        return t.share
    if unit in ("days", "years"):
        return lambda value: t.value(value, unit)
    return t.count


def percent(t: Words, number: str) -> str:
    """A number that Plotly writes, with the sign of per cent where the reader puts it."""
    return t.share(0, 0).replace("0", number)


def span(t: Words, first: date | None, last: date | None) -> str:
    """The days that a count is about, at the end of a sentence."""
    if first and first == last:
        return t("on {day}", day=last)
    if first and last:
        return t("from {first} to {last}", first=first, last=last)
    return t("up to {last}", last=last) if last else t("in all the lists")
