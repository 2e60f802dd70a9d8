"""What strangers may see: thresholds, merging, rates, complementary suppression and rounding, case by case."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publish import sums
from publish.audit import Undone, audit, bounds, check
from publish.cells import SUM, Cell, Printed, Rate, Relation, Row, Tables, Thresholds, cube, gap, levels, merged
from publish.curves import Point, together
from publish.protect import CannotBeProtected, protect
from publish.rounding import rounded
from publish.secure import ROUNDING, secure

GOLDEN = Path(__file__).parent.parent.parent / "shared" / "golden" / "disclosure_handbook.json"
HANDBOOK: dict[str, Any] = json.loads(GOLDEN.read_text()) if GOLDEN.is_file() else {}
absent = pytest.mark.skipif(not HANDBOOK, reason="../shared/golden is not here")
FLAT = [frozenset[int](), frozenset({0})]
SQUARE = levels(2, 2)


def table(counts: dict[str, int], **more: Any) -> Tables:
    """A table of one dimension with its total."""
    return cube("closed", [Row((label,), count) for label, count in counts.items()], FLAT, **more)


def square(counts: list[list[int]], **more: Any) -> Tables:
    rows = [Row((f"r{r}", f"c{c}"), value) for r, line in enumerate(counts) for c, value in enumerate(line) if value]
    return cube("closed", rows, SQUARE, **more)


def survival(alive: dict[str, int], closed: dict[str, int]) -> Tables:
    parts = {
        "alive": [Row((label,), n) for label, n in alive.items()],
        "closed": [Row((label,), n) for label, n in closed.items()],
        "n": [Row((label,), n + closed[label]) for label, n in alive.items()],
    }
    tables = Tables({})
    for name, rows in parts.items():
        tables += cube(name, rows, FLAT, floor=int(name == "n"))
    keys = sorted({key for _, key in tables.cells})
    rates = tuple(Rate("survival", key, ("alive", key), ("closed", key), ("n", key)) for key in keys)
    adds = tuple(Relation(((1, r.numerator), (1, r.complement), (-1, r.denominator))) for r in rates)
    return tables + Tables({}, adds, rates)


# The handbook


@absent
@pytest.mark.parametrize("case", [c for c in HANDBOOK.get("cases", ()) if "rule" in c], ids=lambda case: case["id"])
def test_rules_of_the_handbook(case: dict[str, Any]) -> None:
    amounts = case["contributions"]
    rules = {
        "minimum_frequency": lambda: sums.too_few(amounts, case["n"]),
        "nk_dominance": lambda: sums.dominated(amounts, case["n"], case["k"]),
        "p_percent": lambda: sums.estimable(amounts, case["p"]),
    }
    assert rules[case["rule"]]() is case["unsafe"]
    if "upper_bound_needed" in case:
        assert amounts[0] * 100 / case["k"] == pytest.approx(case["upper_bound_needed"])


@absent
def test_a_cell_hidden_alone_is_recovered_by_difference() -> None:
    case = next(case for case in HANDBOOK["cases"] if case.get("kind"))
    parts = {"a": case["published"][0], "b": case["published"][1], "x": case["suppressed_true_value"]}
    assert sum(parts.values()) == case["total"]
    firms = {"a": 20, "b": 20, "x": 1}
    rows = [
        Row((label,), Decimal(amount) / firms[label], f"{label}{n}")
        for label, amount in parts.items()
        for n in range(firms[label])
    ]
    tables = cube("turnover", rows, FLAT, kind=SUM)
    alone = protect(tables, complementary=False)
    assert alone.hidden == {("turnover", ("x",))}
    with pytest.raises(Undone, match="x"):
        check([alone])
    assert audit([secure(tables)]) == []


@absent
def test_feasibility_interval_of_the_handbook() -> None:
    case = HANDBOOK["feasibility_interval"]
    first = case["expected_interval_cell_1_1"]
    # 1,1 is 4 in one of the tables that fit; the interval does not depend on which.
    counts = {("1", "1"): 4, ("1", "2"): 3, ("2", "1"): 2, ("2", "2"): 1, ("3", "1"): 3, ("3", "2"): 3}
    tables = cube("closed", [Row(key, value) for key, value in counts.items()], SQUARE, floor=0)
    for place, value in case["published"].items():
        key = tuple(label.replace("T", "") for label in place.split(","))
        assert value is None or tables.value(("closed", key)) == value
    gone = frozenset(("closed", tuple(place.split(","))) for place, value in case["published"].items() if value is None)
    assert list(bounds([Printed(1, tables, gone)], ("closed", ("1", "1")))) == first


# Merging


def test_small_categories_go_together_and_take_another_while_they_are_few() -> None:
    assert merged({"a": 50, "b": 3, "c": 4}, 5) == {"b", "c"}
    assert merged({"a": 50, "b": 2, "c": 1, "d": 6}, 5) == {"b", "c", "d"}
    assert merged({"a": 50, "b": 6}, 5) == frozenset()
    assert merged({"a": 50, "b": 9, "c": 4}, 5, before=["b"]) == {"b", "c"}


# Counts


def test_a_small_count_is_hidden_with_another() -> None:
    printed = secure(table({"a": 3, "b": 20, "c": 8}))
    assert printed.cell(("closed", ("a",))) is None
    assert sorted(printed.why.values()) == ["others", "own"]
    assert printed.cost == (1, 8)
    assert printed.cell(("closed", ("",))) == 31


def test_nobody_is_printed_as_nobody() -> None:
    tables = table({"a": 0, "b": 2, "c": 9})
    printed = secure(tables)
    assert printed.cell(("closed", ("a",))) == 0


def test_two_ones_under_a_total_of_two_hide_the_total() -> None:
    """A printed "c" is not 0, so 1 + 1 is all that fits."""
    printed = secure(table({"a": 1, "b": 1}))
    assert printed.cell(("closed", ("",))) is None


def test_what_everybody_knows_is_never_hidden_and_may_make_it_impossible() -> None:
    tables = table({"a": 2, "b": 20}, known=lambda key: key != ("a",))
    with pytest.raises(CannotBeProtected, match="closed a"):
        protect(tables)


def test_a_hidden_cell_that_equations_determine_fails_the_audit() -> None:
    tables = square([[2, 10, 7], [9, 11, 8], [6, 12, 30]])
    with pytest.raises(Undone, match=r"r0 × c0: can be worked out, between 2 and 2"):
        check([protect(tables, complementary=False)])
    check([secure(tables)])


def test_a_small_count_that_is_shown_fails_the_audit() -> None:
    with pytest.raises(Undone, match="a count of few"):
        check([Printed(1, table({"a": 3, "b": 20}), frozenset())])


def test_audit_refuses_tables_that_do_not_add_up() -> None:
    tables = table({"a": 7, "b": 20})
    cells = {**tables.cells, ("closed", ("a",)): Cell("closed", ("a",), 9, 9)}
    with pytest.raises(ValueError, match="do not add up"):
        audit([Printed(1, Tables(cells, tables.relations), frozenset())])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 14), min_size=3, max_size=3), min_size=2, max_size=4))
def test_every_square_is_protected_and_every_total_still_true(counts: list[list[int]]) -> None:
    tables = square(counts)
    if not tables.cells:
        return
    printed = secure(tables)
    assert audit([printed]) == []
    for name, cell in tables.cells.items():
        assert printed.cell(name) in (None, cell.value)
        assert not 0 < cell.value < 5 or printed.cell(name) is None


# Rates and means


@pytest.mark.parametrize(
    ("alive", "closed", "hidden"),
    [(5, 4, True), (9, 0, True), (10, 0, False), (6, 4, True), (3, 30, True), (20, 9, False), (0, 12, False)],
)
def test_rates_of_few_are_hidden(alive: int, closed: int, hidden: bool) -> None:
    printed = secure(survival({"a": alive, "b": 40, "c": 33, "d": 25}, {"a": closed, "b": 20, "c": 15, "d": 12}))
    assert (("survival", ("a",)) in printed.hidden) is hidden


def test_a_rate_beside_its_number_is_its_counts() -> None:
    """Shown to three places, 0.913 of 23 is 21."""
    tables = survival({"a": 21, "b": 50, "c": 50}, {"a": 2, "b": 25, "c": 25})
    parts = frozenset({("alive", ("a",)), ("closed", ("a",)), ("alive", ("b",)), ("closed", ("b",))})
    printed = Printed(1, tables, parts | {("survival", ("b",))})
    assert any(finding.name == ("closed", ("a",)) for finding in audit([printed]))
    assert ("survival", ("a",)) in secure(tables).hidden


# Sums


def test_holdings_count_as_one() -> None:
    rows = [Row(("a",), Decimal(10), "one")] * 6 + [Row(("b",), Decimal(10), f"f{n}") for n in range(9)]
    rows += [Row(("c",), Decimal(10), f"g{n}") for n in range(9)]
    printed = secure(cube("jobs", rows, FLAT, kind=SUM))
    assert printed.cell(("jobs", ("a",))) is None
    assert audit([printed]) == []


def test_the_second_largest_cannot_tell_the_largest() -> None:
    amounts = [100, 80, 4, 3, 2, 1]
    assert sums.unsafe(list(map(Decimal, amounts)), Thresholds())
    assert not sums.unsafe(list(map(Decimal, [100, 80, 20, 10, 5, 5])), Thresholds())


def test_a_firm_alone_in_its_cell_is_no_cover_for_another() -> None:
    """Two cells of one firm each: either firm takes its own from the total and has the other's."""
    rows = [Row(("a",), Decimal(30), "a"), Row(("b",), Decimal(40), "b")]
    rows += [Row((label,), Decimal(5 + n), f"{label}{n}") for label in "cd" for n in range(12)]
    tables = cube("jobs", rows, FLAT, kind=SUM)
    own = protect(tables, complementary=False)
    assert set(own.hidden) == {("jobs", ("a",)), ("jobs", ("b",))}
    assert audit([own])
    assert len(secure(tables).hidden) > 2


# Releases in a row


def test_the_difference_of_two_releases_isolates_nobody() -> None:
    first = secure(table({"a": 20, "b": 30}))
    second = table({"a": 21, "b": 39})
    with pytest.raises(Undone, match="the change since release 1"):
        check([first, Printed(2, second, frozenset())])
    printed = secure(second, earlier=[first])
    assert printed.number == 2 and printed.cell(("closed", ("a",))) is None
    third = secure(table({"a": 25, "b": 50}), earlier=[first, printed])
    assert third.cell(("closed", ("a",))) == 25


def test_what_was_hidden_and_is_the_same_stays_hidden() -> None:
    first = secure(table({"a": 3, "b": 9, "c": 30, "d": 40}))
    (cover,) = (name for name, why in first.why.items() if why == "others")
    again = secure(table({"a": 8, "b": 9, "c": 36, "d": 46}), earlier=[first])
    assert cover in again.hidden


def test_a_sum_that_one_firm_changed_is_hidden() -> None:
    rows = [Row(("a",), Decimal(10 + n), f"a{n}") for n in range(12)] + [
        Row((label,), Decimal(10 + n), f"{label}{n}") for label in "bcd" for n in range(12)
    ]
    first = secure(cube("jobs", rows, FLAT, kind=SUM))
    assert not first.hidden
    second = secure(cube("jobs", [*rows, Row(("a",), Decimal(37), "new")], FLAT, kind=SUM), earlier=[first])
    assert second.cell(("jobs", ("a",))) is None and second.cell(("jobs", ("",))) is None


def test_a_sector_that_joins_the_others_is_not_found_by_subtraction() -> None:
    first = secure(table({"x": 8, "(other)": 6, "a": 40, "b": 50}))
    now = table({"(other)": 16, "a": 40, "b": 60})
    second = protect(Tables(now.cells, now.relations, members={"(other)": frozenset({"x"})}), earlier=[first])
    assert ("closed", ("(other)",)) in second.hidden


def test_a_change_is_told_where_it_may_be_about_enough_firms() -> None:
    """Two of many who left have closed since: nobody is named. Both who left since have closed: they are."""

    def left(closed: dict[str, int], many: dict[str, int], **more: Any) -> Tables:
        return table(closed, whole="left", **more) + cube("left", [Row((a,), n) for a, n in many.items()], FLAT)

    wholes = {"a": 60, "b": 70}
    first = secure(left({"a": 20, "b": 30}, wholes))
    printed = secure(left({"a": 22, "b": 33}, wholes), earlier=[first])
    assert not printed.hidden and audit([first, printed]) == []
    strict = Thresholds(change=1_000)
    assert ("closed", ("a",)) in secure(left({"a": 22, "b": 33}, wholes), strict, [first]).hidden
    assert audit([first, printed], strict)
    reached = secure(left({"a": 20, "b": 30}, wholes, joining=True))
    for closed, joined, told in (
        (2, 12, True),
        (2, 2, False),
        (6, 7, False),
        (5, 7, True),
        (2, 4, False),
        (1, 0, True),
    ):
        tables = left({"a": 20 + closed, "b": 30}, {"a": 60 + joined, "b": 70}, joining=True)
        assert (("closed", ("a",)) not in protect(tables, earlier=[reached], complementary=False).hidden) is told
        assert (audit([reached, Printed(2, tables, frozenset())]) == []) is told


def test_a_cut_that_cannot_be_protected_is_not_given() -> None:
    """One and one under two that everybody knows: printed "c" is not nobody. Not printed, it may be."""
    printed = secure(table({"a": 1, "b": 1}, known=lambda key: not any(key)) + cube("left", [Row(("a",), 40)], FLAT))
    assert printed.withheld == {("closed", (0,))}
    assert printed.cell(("left", ("a",))) == 40 and printed.cell(("closed", ("",))) == 2
    assert {*printed.why.values()} == {"cut"} and printed.cost == (2, 2)
    assert audit([printed]) == []


def test_where_all_else_fails_what_everybody_knows_is_given() -> None:
    known = table({"a": 2, "b": 20}, known=lambda key: key != ("a",))
    printed = secure(known)
    assert printed.cell(("closed", ("b",))) == 20 and ("closed", ("a",)) not in printed.tables.cells
    assert ("closed", (0,)) in printed.withheld and not printed.hidden
    assert audit([printed, secure(known, earlier=[printed])]) == []


# Curves


def line(*at_risk: int) -> tuple[Point, ...]:
    return tuple(Point(step * 91, 1.0, None, None, many) for step, many in enumerate(at_risk))


def test_curves_need_firms_and_leave_no_curve_of_a_few() -> None:
    shown = together(
        {("", ""): line(100, 60, 12, 4), ("a", ""): line(80, 55, 8), ("b", ""): line(20, 5, 4)}, Thresholds()
    )
    assert len(shown["", ""]) == 3
    assert ("b", "") not in shown
    # All but twenty firms: the curve of all beside it is the curve of the twenty.
    assert ("a", "") not in shown


# Rounding


def test_rounded_tables_add_up_and_cannot_be_undone() -> None:
    tables = square([[2, 10, 7], [9, 11, 8], [6, 12, 31]])
    printed = rounded(tables)
    assert not printed.hidden
    for name, cell in tables.cells.items():
        shown = printed.cell(name)
        assert shown is not None and shown % 5 == 0 and gap(shown, cell.value) < 5
    for relation in tables.relations:
        assert sum(factor * int(printed.cell(name) or 0) for factor, name in relation.terms) == 0


def test_what_has_not_changed_is_rounded_as_before() -> None:
    first = rounded(table({"a": 7, "b": 8, "c": 12, "d": 21}))
    for counts in ({"a": 7, "b": 9, "c": 12, "d": 26}, {"a": 8, "b": 8, "c": 11, "d": 21}):
        again = rounded(table(counts), earlier=[first])
        for label, count in counts.items():
            name = "closed", (label,)
            assert first.tables.value(name) != count or again.cell(name) == first.cell(name)


def test_rounded_rates_are_made_of_rounded_counts_and_those_of_few_are_hidden() -> None:
    tables = survival({"a": 21, "b": 52, "c": 6}, {"a": 2, "b": 26, "c": 3})
    printed = secure(tables, method=ROUNDING)
    shown = {rate.key: printed.rate(rate) for rate in tables.rates}
    assert shown["a",] is None and shown["c",] is None and shown["b",] is not None
    n, alive = (int(printed.cell((name, ("b",))) or 0) for name in ("n", "alive"))
    assert n % 5 == alive % 5 == 0 and shown["b",] == round(Decimal(alive) / n, 3)
    assert printed.cell(("closed", ("b",))) is None, "with the number of firms it would be a second clue"
    bare = Printed(
        1, tables, printed.hidden - {("survival", ("a",))}, {}, 5, {**printed.rounded, ("alive", ("a",)): 20}
    )
    assert any(finding.what == "a rate of few" for finding in audit([bare]))


def test_rounding_that_can_be_undone_fails_the_audit() -> None:
    tables = table({"a": 4, "b": 4, "c": 4, "d": 4})
    alone = {name: 20 if name[1] == ("",) else 0 for name in tables.cells}
    with pytest.raises(Undone, match="can be worked out, between 4 and 4"):
        check([Printed(1, tables, frozenset(), {}, 5, alone)])
    assert audit([rounded(tables)]) == []


@absent
def test_every_case_of_the_handbook_is_tried() -> None:
    rules = {"minimum_frequency", "nk_dominance", "p_percent"}
    told = [
        case for case in HANDBOOK["cases"] if case.get("rule") in rules or case.get("kind") == "recover by difference"
    ]
    assert told == HANDBOOK["cases"] and {*HANDBOOK} == {"source", "rules", "cases", "feasibility_interval"}
    assert {*HANDBOOK["rules"]} == rules


def test_the_audit_and_the_attack_share_no_code_with_what_protects() -> None:
    """What they have in common is what a table is, and numpy and scipy."""
    root = Path(__file__).parent.parent
    audits = [*(root / "publish").glob("audit*.py"), root / "publish" / "finding.py"]
    assert len(audits) == 4
    for path in audits:
        assert not re.search(r"publish\.(protect|pattern|sums|rounding|secure)|publish import", path.read_text()), path
    assert "publish" not in (root / "tests" / "attack" / "attacker.py").read_text()


def test_thresholds_are_frozen_and_stand_in_no_text_of_a_release() -> None:
    with pytest.raises(AttributeError):
        Thresholds().least = 1  # type: ignore[misc]
