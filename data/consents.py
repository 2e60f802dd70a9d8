"""What a row of a list of solutions says of consent: what is missing, over or cannot be read, so that in doubt nothing
is shown."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from data.cells import Typed
from data.fields import Field, Load, Rows, rows_of
from data.problem import Wrong, declare
from data.rows import Moments, day_number, iso

WITHDRAWN = "withdrawn"
# What may hold words that people write freely.
TEXTS = ("firm_name", "solution", "category", "description")

_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w")
_PHONE = re.compile(r"(?<![\w])(?:\+|0)\d(?:[\s.()/-]*\d){7,}(?![\w])")


def reaches_somebody(text: str | None) -> bool:
    """Whether a text holds an e-mail address or a telephone number: such a text is never shown to the public."""
    return text is not None and bool(_MAIL.search(text) or _PHONE.search(text))


def judge(load: Load, moments: dict[str, Moments], stated_on: date | None) -> None:
    """Says what of the consents cannot count, and why; one whose end cannot be read is taken as withdrawn."""
    unread = np.zeros(load.size, bool)
    for name in ("consent_until", "withdrawn_on"):
        if name in load.fields:
            of = load.fields[name]
            here = rows_of(of, of.typed.wrongs)
            for row in np.flatnonzero(here & ~unread):
                load.report("consent-end-unread", int(row), name)
            unread |= here
    _withdraw(load, unread)
    gone = load.fields["consent"].says({WITHDRAWN}) if "consent" in load.fields else np.zeros(load.size, bool)
    given = _given(load, moments, "consent_on")
    until = _given(load, moments, "consent_until")
    ends = _given(load, moments, "withdrawn_on")
    said = given | (load.fields["consent"].says({"given"}) if "consent" in load.fields else False)
    for row in np.flatnonzero(said & ~gone & ~ends & ~(given & until)):
        load.report("consent-undated", int(row), "consent_until" if given[row] else "consent_on")
    if "consent_on" in moments and "consent_until" in moments:
        on, end = moments["consent_on"], moments["consent_until"]
        for row in np.flatnonzero(given & until & (end.days < on.days)):
            days = {"until": iso(end.days[row]), "day": iso(on.days[row])}
            load.report("consent-ends-first", int(row), "consent_until", **days)
        over = given & until & (end.days >= on.days)
        over &= end.days < (day_number(stated_on) if stated_on else np.iinfo(np.int32).min)
        for row in np.flatnonzero(over & ~gone):
            load.report("consent-over", int(row), "consent_until", until=iso(end.days[row]))
    fields = load.fields.get("consent_fields")
    named = fields.given if fields else np.zeros(load.size, bool)
    for row in np.flatnonzero(given & until & ~gone & ~ends & ~named):
        load.report("consent-name-alone", int(row), "consent_fields")
    for name in TEXTS:
        if name in load.fields:
            of = load.fields[name]
            reaching = {i for i, text in enumerate(of.typed.values) if reaches_somebody(text)}
            for row in np.flatnonzero(rows_of(of, reaching)) if reaching else ():
                load.report("text-with-contact", int(row), name)


def _given(load: Load, moments: dict[str, Moments], name: str) -> Rows:
    return moments[name].given if name in moments else np.zeros(load.size, bool)


def _withdraw(load: Load, rows: Rows) -> None:
    """Has these rows say that consent is withdrawn."""
    if not rows.any():
        return
    if "consent" not in load.fields:
        blank = np.zeros(load.size, np.int32)
        load.fields["consent"] = Field(load.sheet.column("consent"), [None], blank, Typed([None]))
    of = load.fields["consent"]
    of.raw.append(None)
    of.typed.values.append(WITHDRAWN)
    of.codes = np.where(rows, np.int32(len(of.raw) - 1), of.codes)


declare(
    Wrong(
        "consent-end-unread",
        "warning",
        "The end of a consent cannot be read",
        "Nobody may be listed longer than agreed.",
        '"{value}" in "{column}", row {row}, is no day: the consent is taken as withdrawn. Correct the day.',
    ),
    Wrong(
        "consent-undated",
        "warning",
        "A consent without its date or its end",
        "A consent counts from its date to its end; without one of them nobody can say whether it holds.",
        "Row {row} gives a consent without its date or without its end, so it does not count. Give both.",
    ),
    Wrong(
        "consent-ends-first",
        "warning",
        "A consent that ends before it begins",
        "It holds on no day.",
        "Row {row}: the consent ends on {until} and begins on {day}. Correct one of the two.",
    ),
    Wrong(
        "consent-over",
        "note",
        "A consent that is over",
        "The firm is no longer listed.",
        "Row {row}: the consent ended on {until}. Ask again, if the firm is to be listed.",
    ),
    Wrong(
        "consent-name-alone",
        "note",
        "A consent to the name alone",
        "What may be shown beside the name is what the firm agreed to.",
        "Row {row} names no field that may be shown, so the firm's name is shown alone.",
    ),
    Wrong(
        "text-with-contact",
        "warning",
        "An e-mail address or a telephone number in a text",
        "The directory names firms and solutions, never how to reach a person.",
        '"{column}", row {row}, holds an e-mail address or a telephone number, so it is not shown. Take it out.',
    ),
    Wrong(
        "unknown-choices",
        "warning",
        "Words that are not on the list",
        "Only what is understood can be shown.",
        '"{words}" in "{column}", row {row}, is not known and counts for nothing. Known: {known}.',
    ),
    Wrong(
        "no-web-address",
        "warning",
        "Not the address of a page",
        "A link must lead to a page and nowhere else.",
        '"{value}" in "{column}", row {row}, is not the address of a page and is left out. '
        "Write it like https://www.example.ma.",
    ),
    Wrong(
        "solution-of-nobody",
        "warning",
        "A firm that no list of the park knows",
        "The directory lists firms of the park.",
        'Row {row}: "{firm}" is in no list of tenants or cohorts. Spell it as there, or give its identifier.',
    ),
    Wrong(
        "withdrawal-of-nothing",
        "warning",
        "A withdrawal of a consent that nobody knows",
        "A name or a solution misspelt would leave the firm listed.",
        'Row {row}: "{firm}" withdraws a consent for {value}, and none is known. Spell both as they were, '
        "or leave the solution empty to withdraw for the firm as a whole.",
    ),
)
