"""A person's word on who is who: two firms are one, or are two, as a receipt of its own that can be undone."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.ledger import Conflict, Receipt, standing
from data.same import APART, SAME, decided, into, joined_with, kept
from data.sight import EVERYTHING, Sight
from data.warehouse import Warehouse

_ATTEMPTS = 5

_KNOWN = """
select firm_id from tenants where firm_id in ($a, $b) union select firm_id from cohorts where firm_id in ($a, $b)
union select 'name:' || name_key from tenants where 'name:' || name_key in ($a, $b)
union select 'name:' || name_key from cohorts where 'name:' || name_key in ($a, $b)
"""


REFUSALS = {
    "one-firm": "A firm is one with itself; name two firms.",
    "no-reason": "Say why: those who read the decision later will ask.",
    "unknown": "No list knows a firm {firm}.",
    "said-already": "Receipt {number} says so already.",
    "one-by-others": "{a} and {b} are one by way of {others} too: say of these first with whom they go.",
    "none-of-these": "{firm} is none of these firms.",
    "some-sites": "Only who may see all sites decides which firms are one: a firm may have been at others too.",
    "said-apart": "Receipt {number} says that {a} and {b} are two firms: undo it first.",
}


class Refusal(ValueError):
    """A decision that contradicts one that stands, or that speaks of a firm nobody knows: a code of REFUSALS."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REFUSALS[code].format(**details))
        self.code, self.details = code, details


def decide(
    warehouse: Warehouse,
    action: str,
    a: str,
    b: str,
    *,
    by: str,
    reason: str,
    keep: str | None = None,
    sight: Sight = EVERYTHING,
) -> Receipt:
    """Writes that firms `a` and `b` are one (`same`, going on under `keep`) or two (`apart`), and builds what follows.

    A firm without an identifier is named "name:" and its folded name. Raises Refusal where the firms are unknown, are
    said to be so already, or where an earlier decision says otherwise by way of other firms.
    """
    if sight.sites is not None or not sight.writes:
        raise Refusal("some-sites")
    for _ in range(_ATTEMPTS):
        try:
            return _decide(warehouse, action, a, b, by, reason, keep)
        except Conflict:
            # Somebody else's receipt came first: everything is asked again on what is known now.
            continue
    raise Conflict("Other receipts came in between several times. Nothing was changed; try again in a moment.")


def _decide(warehouse: Warehouse, action: str, a: str, b: str, by: str, reason: str, keep: str | None) -> Receipt:
    receipts = warehouse.ledger.receipts()
    counted = standing(receipts)
    _allowed(warehouse, counted, action, a, b, keep, reason)
    known_on = max(date.today(), receipts[-1].known_on)
    body = {"action": action, "known_on": known_on.isoformat(), "by": by, "reason": reason, "firms": sorted((a, b))}
    if action == SAME:
        body["into"] = keep or kept(into(counted).get(a, a), into(counted).get(b, b))
    receipt = warehouse.ledger.prepare(body)
    if receipt.previous != receipts[-1].hash:
        raise Conflict("A receipt was written between the asking and the deciding.")
    warehouse.write(receipt, [*counted, receipt])
    return receipt


def _allowed(
    warehouse: Warehouse, counted: list[Receipt], action: str, a: str, b: str, keep: str | None, reason: str
) -> None:
    if action not in (SAME, APART):
        raise ValueError(f"{action} is no decision on who is who")
    if a == b:
        raise Refusal("one-firm")
    if not reason.strip():
        raise Refusal("no-reason")
    generation = warehouse.generation()
    found = set() if generation.empty else set(generation.query(_KNOWN, {"a": a, "b": b})["firm_id"])
    for one in (a, b):
        if one not in found:
            raise Refusal("unknown", firm=one)
    last = decided(counted).get(frozenset((a, b)))
    if last is not None and last.action == action:
        raise Refusal("said-already", number=last.number)
    ours, theirs = joined_with(counted, a), joined_with(counted, b)
    if action == APART:
        rest = [r for r in counted if r is not last]
        if b in joined_with(rest, a):
            others = ", ".join(sorted(ours - {a, b}))
            raise Refusal("one-by-others", a=a, b=b, others=others)
        return
    if keep is not None and keep not in ours | theirs:
        raise Refusal("none-of-these", firm=keep)
    for pair, receipt in decided(counted).items():
        if receipt is not last and receipt.action == APART and len(pair & ours) == 1 and len(pair & theirs) == 1:
            one, other = sorted(pair)
            raise Refusal("said-apart", number=receipt.number, a=one, b=other)
