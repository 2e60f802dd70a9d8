"""Whether what is printed can be undone: what anybody can work out of all releases, by whole-number programmes.

It knows nothing of how tables are protected, and thinks the worst of those who read them: they have all releases, know
what lies long enough back to have stayed the same, and what everybody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from publish.audit_counts import Counts
from publish.audit_sums import Sums
from publish.cells import COUNT, SUM, Name, Number, Printed, Thresholds, gap
from publish.finding import Finding, rival_knows, tells_of_few, unknown


class Undone(Exception):
    """The release must not be published; `findings` says which cells can be worked out."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


def check(releases: Sequence[Printed], thresholds: Thresholds | None = None) -> None:
    """Raises Undone where anything hidden in any of the releases can be worked out of them all, the newest last."""
    findings = audit(releases, thresholds)
    if findings:
        raise Undone(findings)


def audit(releases: Sequence[Printed], thresholds: Thresholds | None = None) -> list[Finding]:
    """Every figure that is not safe, by name; none where the releases may stand together."""
    thresholds = thresholds or Thresholds()
    if not releases:
        return []
    found = _shown_though_few(releases[-1], thresholds)
    found += _differences_shown(releases, thresholds)
    counts = Counts(releases, thresholds, guessed=False)
    found += counts.determined()
    found += Sums(releases, thresholds).estimated()
    return sorted(set(found), key=lambda finding: (finding.number, finding.name, finding.what))


def bounds(releases: Sequence[Printed], name: Name, thresholds: Thresholds | None = None) -> tuple[float, float]:
    """The least and the most that a hidden count of the newest release can be, by all that is printed."""
    counts = Counts(releases, thresholds or Thresholds(), guessed=False)
    return counts.ends(counts.places[unknown(releases[-1].tables.cells[name], releases[-1])])


# What needs no programme


def _shown_though_few(release: Printed, thresholds: Thresholds) -> list[Finding]:
    tables, found = release.tables, []

    def tell(name: Name, what: str, value: Number) -> None:
        found.append(Finding(release.number, name, what, float(value), float(value), value))

    for name, cell in tables.cells.items():
        if cell.known or name in release.hidden:
            continue
        if cell.kind == SUM:
            if rival_knows([amount for _, amount in cell.largest], thresholds):
                tell(name, "a sum of few", cell.value)
        elif cell.sensitive and not release.base and 0 < cell.value < thresholds.least:
            tell(name, "a count of few", cell.value)
    for rate in tables.rates:
        value = release.rate(rate)
        below = tables.value(rate.denominator)
        if value is None:
            continue
        few = any(0 < tables.value(name) < thresholds.least for name in (rate.numerator, rate.complement))
        if below < thresholds.denominator or few:
            tell(rate.name, "a rate of few", value)
    for mean in tables.means:
        shown = release.mean(mean)
        if shown is not None and tables.value(mean.count) < thresholds.denominator:
            tell(mean.name, "a mean of few", shown)
    return found


def _differences_shown(releases: Sequence[Printed], thresholds: Thresholds) -> list[Finding]:
    newest, found = releases[-1], []
    for name, cell in newest.tables.cells.items():
        if cell.known or not cell.sensitive or name in newest.hidden or newest.base:
            continue
        for before in releases[:-1]:
            same = before.tables.cells.get(name)
            if same is None or name in before.hidden or before.base:
                continue
            then, now = dict(same.largest), dict(cell.largest)
            moves = [now.get(one, Decimal(0)) - then.get(one, Decimal(0)) for one in {*then, *now}]
            few = cell.kind == COUNT and tells_of_few(same, cell, before.tables, newest.tables, thresholds)
            if few or (cell.kind == SUM and rival_knows(moves, thresholds)):
                what = f"the change since release {before.number} is that of few"
                change = gap(cell.value, same.value)
                found.append(Finding(newest.number, name, what, float(change), float(change), cell.value))
                break
    return found
