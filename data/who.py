"""Who is who: firms that two spellings may have made of one, proposed as one with what speaks for it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any

import pyarrow as pa
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from data.sounds import Name, bones, sound


@dataclass(frozen=True)
class Sign:
    """One thing that speaks for two firms being one, or against it: its weight, and a constant sentence."""

    code: str
    weight: float
    sentence: str


SIGNS = {
    sign.code: sign
    for sign in (
        Sign("same-id", 10, "Both have the identifier {id}."),
        Sign("same-company", 6, "Their ICE begin alike, {id}: one company, two establishments."),
        Sign("near-id", 3, "Their ICE {a} and {b} differ in one place."),
        Sign("other-id", -8, "Their ICE are {a} and {b}."),
        Sign("same-words", 6, '"{a}" and "{b}" differ at most in case, accents, order, signs and legal form.'),
        Sign("same-letters", 5.5, '"{a}" and "{b}" are the same letters, cut into words differently.'),
        Sign("abbreviated", 4.25, '"{a}" and "{b}" are alike but for an abbreviation.'),
        Sign("one-letter", 4.25, '"{a}" and "{b}" differ in one letter.'),
        Sign("two-letters", 3.5, '"{a}" and "{b}" differ in two letters.'),
        Sign("sounds-alike", 4, '"{a}" and "{b}" sound alike, one in Arabic letters.'),
        Sign("usual-words", -2, '"{a}" and "{b}" are both usual words here.'),
        Sign("same-entry", 2, "Both entered {site} on {day}."),
        Sign("near-entry", 1.25, "They entered {site} within a month, on {a} and {b}."),
        Sign("same-time", 0.5, "Both were at {site} at one time."),
        Sign("other-times", -1, "Their first entries lie over two years apart, {a} and {b}."),
        Sign("same-founding", 2, "Both were founded on {day}."),
        Sign("other-founding", -1.5, "They were founded over a year apart, on {a} and {b}."),
        Sign("same-sector", 0.5, "Both are in {sector}."),
        Sign("other-sector", -1, "They are in different sectors, {a} and {b}."),
    )
}

# From this weight on two firms are proposed as one.
_ENOUGH = 5.0
# A word that more firms bear does not lead from one to the other, and is no slip of the pen.
_RARE = 40
_USUAL = 5
_BLOCK = 60


@dataclass(frozen=True)
class Evidence:
    """One sign with its places filled in."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        return SIGNS[self.code].sentence.format(**self.details)


@dataclass(frozen=True)
class Proposal:
    """Two firms that may be one; `score` between 0 and 1 says how surely."""

    a: str
    b: str
    score: float
    evidence: tuple[Evidence, ...]


# One row per firm of a generation, as `proposals` takes it. A firm without an identifier is the one bearing its name.
FIRMS = """
with rows as (
    select firm_id, firm_name, name_key, site, sector, founded_on, founded_on_precision, entered_on, left_on, ice,
        'tenants' as kind
    from tenants where coalesce(occupant_type, 'tenant') = 'tenant'
    union all by name
    select firm_id, firm_name, name_key, site, sector, founded_on, founded_on_precision, ice, 'cohorts' as kind
    from cohorts
),
named as (
    select name_key, min(firm_id) as firm_id from rows
    where firm_id is not null and name_key is not null
    group by name_key having min(firm_id) = max(firm_id)
)
select coalesce(rows.firm_id, named.firm_id, 'name:' || rows.name_key) as firm_id,
    list(distinct firm_name) filter (firm_name is not null) as names,
    list_concat(
        list(distinct rows.firm_id) filter (rows.firm_id is not null),
        list(distinct ice) filter (ice is not null)
    ) as ids,
    list({'site': site, 'day': entered_on, 'until': left_on}) filter (kind = 'tenants') as stays,
    list(distinct sector) filter (sector is not null) as sectors,
    min(founded_on) filter (coalesce(founded_on_precision, 'day') = 'day') as founded_on
from rows left join named on rows.firm_id is null and rows.name_key = named.name_key
group by all
order by firm_id
"""

_NOT_DIGIT = re.compile(r"\D")


class _Firm:
    """One row of the table of firms, with what is compared worked out once."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.firm_id: str = row["firm_id"]
        self.names = [Name.of(said) for said in row.get("names") or ()]
        self.ids = {number for text in row.get("ids") or () if (number := _number(text))}
        self.ices = sorted(number for number in self.ids if len(number) == 15)
        self.stays = [stay for stay in row.get("stays") or () if stay["site"] and stay["day"]]
        self.sectors = set(row.get("sectors") or ())
        self.founded_on: date | None = row.get("founded_on")

    @cached_property
    def entered_on(self) -> date | None:
        return min((stay["day"] for stay in self.stays), default=None)


def _number(text: str) -> str | None:
    """An identifier as it is compared: a number without its signs, an ICE with the leading zeros that were lost."""
    digits = _NOT_DIGIT.sub("", text)
    if len(digits) < 6:
        return text if len(text) > 2 and not text.startswith("name:") else None
    if len(digits) < len(_letters_and_digits(text)):
        return text
    return digits.zfill(15) if 12 <= len(digits) <= 15 else digits


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def proposals(firms: pa.Table, decided: Collection[frozenset[str]] = ()) -> list[Proposal]:
    """Pairs of firms that may be one, the surest first.

    `firms` has the columns firm_id, names, ids, stays (site, day, until), sectors and founded_on, as FIRMS gives them.
    `decided` are pairs on which a person has decided already.
    """
    known = [_Firm(row) for row in firms.to_pylist()]
    usual = Counter(word for firm in known for word in {w for name in firm.names for w in name.words})
    judged: list[tuple[float, int, int, list[Evidence]]] = []
    for i, j in _alike(known, usual):
        a, b = known[i], known[j]
        if frozenset((a.firm_id, b.firm_id)) in decided:
            continue
        found = _judge(a, b, usual)
        if found and found[0] >= _ENOUGH:
            judged.append((found[0], i, j, found[1]))
    judged.sort(key=lambda one: (-one[0], one[1], one[2]))
    one_firm = _Merged(known)
    return [
        Proposal(known[i].firm_id, known[j].firm_id, round(1 / (1 + math.exp(_ENOUGH - weight)), 4), tuple(evidence))
        for weight, i, j, evidence in judged
        if one_firm.takes(i, j)
    ]


class _Merged:
    """Firms as the surer proposals would merge them: no group comes to hold two ICE by way of a third firm."""

    def __init__(self, known: list[_Firm]) -> None:
        self._group = list(range(len(known)))
        self._ices = {i: list(firm.ices) for i, firm in enumerate(known)}

    def takes(self, i: int, j: int) -> bool:
        """Puts the groups of two firms together, or says that they cannot be one."""
        one, other = self._find(i), self._find(j)
        if one != other:
            if any(_contrary(a, b) for a in self._ices[one] for b in self._ices[other]):
                return False
            self._group[other] = one
            self._ices[one] += self._ices.pop(other)
        return True

    def _find(self, i: int) -> int:
        while self._group[i] != i:
            i = self._group[i]
        return i


def _contrary(a: str, b: str) -> bool:
    return a[:9] != b[:9] and OSA.distance(a, b, score_cutoff=1) > 1


def _alike(known: list[_Firm], usual: Counter[str]) -> Iterator[tuple[int, int]]:
    """Pairs worth a closer look: they share an identifier, all letters, nearly a rare word, or all beginnings."""
    blocks: dict[str, list[int]] = defaultdict(list)
    foreign: list[tuple[int, Name]] = []
    for i, firm in enumerate(known):
        for number in firm.ids:
            blocks["id " + number].append(i)
            if len(number) == 15:
                blocks["company " + number[:9]].append(i)
        for name in firm.names:
            if name.arabic:
                foreign.append((i, name))
            blocks["letters " + name.letters].append(i)
            rare = [word for word in name.words if len(word) > 3 and usual[word] <= _RARE]
            for word in rare:
                blocks[word].append(i)
                for at in range(len(word)):
                    blocks[word[:at] + word[at + 1 :]].append(i)
            if not rare:
                blocks["begins " + " ".join(sorted(word[:3] for word in name.words))].append(i)
    if foreign:
        _by_sound(known, usual, foreign, blocks)
    seen: set[tuple[int, int]] = set()
    for block in blocks.values():
        if len(block) > 1 and 1 < len(different := sorted(set(block))) <= _BLOCK:
            seen.update(combinations(different, 2))
    yield from sorted(seen)


def _by_sound(
    known: list[_Firm], usual: Counter[str], foreign: Iterable[tuple[int, Name]], blocks: dict[str, list[int]]
) -> None:
    """Adds to the blocks the firms whose rare words sound like those of a name in Arabic letters."""
    sounding: dict[str, set[int]] = defaultdict(set)
    for i, firm in enumerate(known):
        for name in firm.names:
            for word in name.words:
                if usual[word] <= _RARE and len(consonants := bones(sound(word))) > 2:
                    sounding[consonants].add(i)
    for i, name in foreign:
        for word in name.words:
            consonants = bones(sound(word))
            if len(consonants) > 2:
                others = sounding[consonants] - {i}
                if len(others) <= _BLOCK:
                    for j in others:
                        blocks[f"sounds {i} {j}"] = [i, j]


def _judge(a: _Firm, b: _Firm, usual: Counter[str]) -> tuple[float, list[Evidence]] | None:
    """The weight of all that speaks for two firms being one and against it; None where nothing does."""
    named = max(
        (found for one in a.names for other in b.names if (found := _same_name(one, other, usual))),
        key=lambda found: found[0],
        default=None,
    )
    identified = _same_number(a, b)
    if named is None and (identified is None or SIGNS[identified.code].weight < _ENOUGH):
        return None
    weight, evidence = named or (0.0, [])
    more = [identified] if identified else []
    more += [*_circumstances(a, b)]
    return weight + sum(SIGNS[one.code].weight for one in more), [
        *more[: bool(identified)],
        *evidence,
        *more[bool(identified) :],
    ]


def _same_number(a: _Firm, b: _Firm) -> Evidence | None:
    for number in sorted(a.ids & b.ids):
        return Evidence("same-id", {"id": number})
    for one in a.ices:
        for other in b.ices:
            if one[:9] == other[:9]:
                return Evidence("same-company", {"id": one[:9]})
            if not _contrary(one, other):
                return Evidence("near-id", {"a": one, "b": other})
    if a.ices and b.ices:
        return Evidence("other-id", {"a": a.ices[0], "b": b.ices[0]})
    return None


def _same_name(a: Name, b: Name, usual: Counter[str]) -> tuple[float, list[Evidence]] | None:
    """The weight of two names' likeness, with the sign of it; None where they are two names."""
    places = {"a": a.said, "b": b.said}

    def found(code: str, more: float = 0.0) -> tuple[float, list[Evidence]]:
        return SIGNS[code].weight + more, [Evidence(code, places)]

    # A series is numbered so that its members are told apart.
    if a.numbers != b.numbers:
        return None
    if a.words == b.words:
        return found("same-words")
    if a.letters == b.letters:
        return found("same-letters")
    if a.arabic != b.arabic:
        likeness = _sounds_alike(a, b)
        return found("sounds-alike", 3 * (likeness - 0.75)) if likeness else None
    rest, others = _without(a.words, b.words), _without(b.words, a.words)
    if len(rest) != len(others):
        return _glued(a, b, found)
    slips, short, weight = 0, 0, 0.0
    rare = any(usual[word] < _USUAL for word in a.words if word in b.words)
    evidence: list[Evidence] = []
    for word in rest:
        near = min(others, key=lambda other: (OSA.distance(word, other), other))
        distance = OSA.distance(word, near)
        if distance <= _allowed(min(len(word), len(near))):
            slips += distance
        elif (longer := next((o for o in others if _abbreviates(word, o)), None)) is not None:
            near = longer
            short += 1
        else:
            return None
        if not rare and usual[word] >= _USUAL and usual[near] >= _USUAL:
            weight += SIGNS["usual-words"].weight
            evidence.append(Evidence("usual-words", {"a": word, "b": near}))
        others.remove(near)
    if slips > 2 or short > 2 or (short and slips > 1):
        return None
    code = "abbreviated" if short else "one-letter" if slips == 1 else "two-letters"
    base, signs = found(code, -0.75 * slips if short else 0.0)
    # The longer the name, the less likely it is that another firm's is so close.
    return base + weight + min(0.5, (len(a.letters) - 12) / 24), signs + evidence


def _glued(a: Name, b: Name, found: Any) -> tuple[float, list[Evidence]] | None:
    """One word where the other name has two, with one slip at most."""
    if abs(len(a.words) - len(b.words)) == 1 and min(len(a.words), len(b.words)) == 1 and len(a.letters) > 8:
        distance = OSA.distance(a.letters, b.letters, score_cutoff=1)
        return found("one-letter") if distance == 1 else None
    return None


def _without(words: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    left = list(words)
    for word in others:
        if word in left:
            left.remove(word)
    return left


def _allowed(length: int) -> int:
    """How many slips of the pen a word of this many letters may have and still be the same word."""
    return 0 if length < 4 else 1 if length < 8 else 2


def _abbreviates(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return len(short) >= 3 and len(long) - len(short) >= 2 and long.startswith(short)


def _sounds_alike(a: Name, b: Name) -> float | None:
    """How alike a Latin and an Arabic name sound, from 0.5 to 1; None where a consonant too many differs."""
    one, other = [sound(word) for word in a.words], [sound(word) for word in b.words]
    if len(one) != len(other):
        return None
    likeness, size = 0.0, 0
    for word in sorted(one, key=len, reverse=True):
        skeleton = bones(word)
        best = max(other, key=lambda o: (ratio(skeleton, bones(o)), ratio(word, o), o))
        distance = OSA.distance(skeleton, bones(best))
        if distance > (1 if max(len(skeleton), len(bones(best))) > 3 else 0):
            return None
        likeness += len(word) * ratio(word, best) / 100 * (1 - 0.15 * distance)
        size += len(word)
        other.remove(best)
    return likeness / size if size and likeness / size >= 0.5 else None


def _circumstances(a: _Firm, b: _Firm) -> Iterator[Evidence]:
    """What two firms' stays, foundings and sectors say of them being one."""
    at_one_site = [(one, other) for one in a.stays for other in b.stays if one["site"] == other["site"]]
    apart = min(
        ((abs((one["day"] - o["day"]).days), one, o) for one, o in at_one_site), key=lambda x: x[0], default=None
    )
    if apart and apart[0] == 0:
        yield Evidence("same-entry", {"site": apart[1]["site"], "day": apart[1]["day"]})
    elif apart and apart[0] <= 31:
        yield Evidence("near-entry", {"site": apart[1]["site"], "a": apart[1]["day"], "b": apart[2]["day"]})
    elif a.entered_on and b.entered_on and abs((a.entered_on - b.entered_on).days) > 730:
        yield Evidence("other-times", {"a": a.entered_on, "b": b.entered_on})
    else:
        for one, other in at_one_site:
            if one["day"] < (other["until"] or date.max) and other["day"] < (one["until"] or date.max):
                yield Evidence("same-time", {"site": one["site"]})
                break
    if a.founded_on and b.founded_on:
        if a.founded_on == b.founded_on:
            yield Evidence("same-founding", {"day": a.founded_on})
        elif abs((a.founded_on - b.founded_on).days) > 366:
            yield Evidence("other-founding", {"a": a.founded_on, "b": b.founded_on})
    if a.sectors and b.sectors:
        if shared := sorted(a.sectors & b.sectors):
            yield Evidence("same-sector", {"sector": shared[0]})
        else:
            yield Evidence("other-sector", {"a": min(a.sectors), "b": min(b.sectors)})
