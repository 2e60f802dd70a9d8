"""What the pages of an organisation that was given more say of themselves, in the place of what everybody is told."""

from __future__ import annotations

from collections.abc import Sequence

from publish.release import Release
from publish.site.block import Link, Text
from publish.site.reader import Reader
from words import Words


def banner(reader: Reader) -> str:
    """Whose pages these are; "" for those of everybody."""
    if not reader.audience:
        return ""
    return reader.t(
        "For {audience} alone: some of these figures are not public. Pass on neither them nor the address.",
        audience=reader.audience,
    )


def nothing(t: Words, every: Sequence[Release]) -> tuple[str, list[str]] | None:
    """A title and the sentences under it, where nothing stands of what an organisation was given; None where the
    releases are everybody's."""
    name = str(every[-1].content.told.get("audience", "")) if every else ""
    if not name:
        return None
    said = []
    for release in every:
        told = t(
            "What {audience} was given of release {number} was withdrawn: {reason}",
            audience=name,
            number=str(release.number),
            reason=release.withdrawn.body["reason"] if release.withdrawn else "",
        )
        said.append(t.sentence(told))
    said.append(t("Whoever sent you the link can say whether other figures follow."))
    return t("No figures are open to {audience} at the moment", audience=name), said


def method(reader: Reader) -> list[str]:
    """How it is protected what an organisation was given, beside what everybody has."""
    if not reader.audience:
        return []
    t = reader.t
    return [
        t(
            "{audience} sees some figures that the public release of the same number hides. A programme tried to work "
            "out every figure that is hidden here from these, from all public releases, and from all that {audience} "
            "was given before, together; every later public release is tried in the same way.",
            audience=reader.audience,
        ),
        t("What several organisations could find by laying together what each was given is not looked at."),
    ]


def programs(reader: Reader) -> Text:
    """Where programs find the same figures."""
    t = reader.t
    told = t("The same figures are answered below the address of these pages, at {address}.", address="api/v1/metrics")
    return Text("api", t("For programs"), [told], [Link("metrics.json", "{root}api/v1/current/metrics.json")])


def licence(reader: Reader) -> Text:
    """What may be done with the figures."""
    t = reader.t
    said = t(
        "Given to {audience} by {publisher} for its own use. What is public may be quoted from the public release of "
        "the same number.",
        audience=reader.audience,
        publisher=reader.publisher,
    )
    return Text("licence", t("Licence"), [said])
