"""What others publish of how firms survive five years, each with what makes it another figure than ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from publish.site.block import Text
from publish.site.reader import Reader
from words import MISSING, mark

AXES = {
    "clock": mark("clock"),
    "event": mark("event"),
    "population": mark("population"),
    "period": mark("period"),
}
OURS = {
    "clock": mark("from entry into the park"),
    "event": mark("closing, inside or outside the park"),
    "population": mark("firms the park admitted"),
}


@dataclass(frozen=True)
class National:
    """A published five-year rate. `axes` says each in words; a year in `cohort` is whose births it follows.

    None of them shares our clock, event or population: only the period may match, where our rate has that year in it.
    """

    place: str
    share: float
    source: str
    url: str
    axes: dict[str, str]
    cohort: int | None = None
    digits: int = 0

    def matches(self, axis: str, years: range) -> bool | None:
        """Whether an axis is as ours; None where the source as we have it does not say."""
        if axis == "period":
            return None if self.cohort is None else self.cohort in years
        return None if self.axes[axis] == NOT_SAID else False


NOT_SAID = "not said"
NATIONAL = (
    National(
        mark("Morocco"),
        0.53,
        mark("World Bank and OMTPME, 2024, as the press reported it"),
        "https://www.omtpme.ma/",
        {
            "clock": mark("from the creation of the firm"),
            "event": NOT_SAID,
            "population": mark("firms of the whole country"),
            "period": NOT_SAID,
        },
    ),
    National(
        mark("United Kingdom"),
        0.424,
        mark("ONS, Business demography: births of 2013"),
        "https://www.ons.gov.uk/businessindustryandtrade/business/activitysizeandlocation/bulletins/businessdemography/2018",
        {
            "clock": mark("from the birth of the firm, by calendar years"),
            "event": mark("no longer active in any part of the year"),
            "population": mark("firms of the whole country"),
            "period": mark("born in 2013"),
        },
        2013,
        1,
    ),
    National(
        mark("United States"),
        0.52,
        mark("BLS, Business Employment Dynamics, Table 7: private sector"),
        "https://www.bls.gov/bdm/us_age_naics_00_table7.txt",
        {
            "clock": mark("from the opening of the establishment"),
            "event": mark("no longer employing anybody"),
            "population": mark("establishments of the private sector"),
            "period": NOT_SAID,
        },
        None,
        1,
    ),
    National(
        mark("France"),
        0.69,
        mark("INSEE Première 2070, 2025: firms created in the first half of 2018"),
        "https://www.insee.fr/fr/statistiques/8634190",
        {
            "clock": mark("from the creation of the firm"),
            "event": mark("closing; a take-over counts as one"),
            "population": mark("firms of the whole country, micro-entrepreneurs apart"),
            "period": mark("created in the first half of 2018"),
        },
        2018,
    ),
)


def national(reader: Reader, cell: dict[str, Any]) -> Text:
    """Published national figures, each with a badge per axis."""
    t = reader.t
    years = observed(reader)
    ours = {**{axis: t(text) for axis, text in OURS.items()}, "period": _period(reader, years)}
    rows = [
        {
            "place": reader.publisher,
            "share": reader.figure(cell, "share") if cell else MISSING,
            "source": t("This release"),
            "url": "",
            "axes": [(t(AXES[axis]), ours[axis], "own") for axis in AXES],
        }
    ]
    for one in NATIONAL:
        axes = [(t(AXES[axis]), *_axis(reader, one, axis, years)) for axis in AXES]
        share = t.share(one.share, one.digits)
        rows.append({"place": t(one.place), "share": share, "source": t(one.source), "url": one.url, "axes": axes})
    said = {"yes": t("same"), "part": t("overlaps"), "no": t("differs"), "unknown": t("not stated"), "own": t("ours")}
    why = t(
        "By definition alone, one and the same register gives rates nearly thirty points apart. Two rates compare only "
        "where clock, event, population and period are the same: the badges say which are, and none is in all four."
    )
    return Text("national", t("Beside published national figures"), [why], kind="national", rows=rows, said=said)


def _axis(reader: Reader, one: National, axis: str, years: range) -> tuple[str, str]:
    """What a source says of an axis, nothing where it says nothing, and the badge; our own rate of its year if any."""
    t, matches = reader.t, one.matches(axis, years)
    if matches is None:
        return "", "unknown"
    told = t(one.axes[axis])
    if not matches:
        return told, "no"
    ours = reader.content.cell("survival_5y", year=str(one.cohort))
    if ours.get("value") is None:
        return told, "part"
    return t("{told}; ours of that year: {share:.1%}", told=told, share=ours["value"]), "yes"


def observed(reader: Reader) -> range:
    """The entry years that the network's rate is made of."""
    cells = reader.content.cells("survival_5y", "year")
    years = [int(cell["year"]) for cell in cells if "not_yet_observable" not in cell.get("notes", ())]
    return range(min(years), max(years) + 1) if years else range(0)


def _period(reader: Reader, years: range) -> str:
    if not years:
        return MISSING
    return reader.t("entered from {first} to {last}", first=str(years[0]), last=str(years[-1]))
