"""What a release says of itself in sentences: whether it is invented, how it keeps what is told of few firms."""

from __future__ import annotations

from collections.abc import Iterator

from charts.says import heading
from metrics import METRICS
from publish.content import Content, metric_of
from words import Words


def invented(content: Content, t: Words) -> str:
    """That no firm of the release exists; "" where they do."""
    if not content.told.get("invented"):
        return ""
    return t("Invented data: a sample park. None of these firms exists.")


def withheld(content: Content, t: Words) -> Iterator[str]:
    """The cuts that this release is without, in a sentence."""
    cuts = []
    for one in content.told.get("withheld", ()):
        label = t(METRICS[metric_of(one["table"])].label)
        named = [heading(t, "year" if name == "years" else name).lower() for name in one["by"] if name != "age"]
        cuts.append(t("{label} by {dimensions}", label=label, dimensions=t.list(named)) if named else label)
    if cuts:
        yield t("Not given in this release, to keep what earlier ones hid: {cuts}.", cuts="; ".join(cuts))


def how(content: Content, t: Words) -> str:
    """How small figures are kept from being told, by the method of the release."""
    if "rounding" in content.told["method"]:
        return t(
            "Small categories are put together as “Other”. Counts are rounded to multiples of one number, in "
            "such a way that their sums still agree. Rates of few firms are not given, and a curve stops where few "
            "are left."
        )
    return t(
        "Small categories are put together as “Other”. Small counts of what is sensitive are hidden, and "
        "with them as few others as keep them from being worked out. Rates of few firms are not given, and "
        "a curve stops where few are left."
    )
