"""What a role may do is one table; each role may all that the one before may, and more."""

from __future__ import annotations

from itertools import pairwise

import pytest

from access.roles import CAPABILITIES, MAY, ROLES, Who
from data.sight import EVERYTHING, Sight


def test_the_table() -> None:
    assert {role: sorted(may) for role, may in MAY.items()} == {
        "leader": ["see"],
        "analyst": ["history", "lists", "originals", "persons", "see", "upload"],
        "publisher": ["history", "lists", "originals", "persons", "release", "see", "upload"],
        "admin": ["accounts", "audit", "erase", "history", "lists", "originals", "persons", "release", "see", "upload"],
    }
    assert all(MAY[less] < MAY[more] for less, more in pairwise(ROLES))
    with pytest.raises(TypeError):
        MAY["leader"] = CAPABILITIES  # type: ignore[index]


def test_a_role_nobody_declared_may_nothing() -> None:
    stranger = Who(1, "x", "owner")
    assert not any(stranger.may(what) for what in CAPABILITIES)
    assert stranger.sight == Sight()


def test_a_capability_nobody_declared_is_a_slip() -> None:
    with pytest.raises(KeyError):
        Who(1, "x", "admin").may("everything")


def test_what_each_role_sees_of_the_park() -> None:
    assert Who(1, "x", "leader").sight == Sight(sites=None, persons=False, originals=False, writes=False)
    assert Who(1, "x", "leader", ("Rabat",)).sight.sites == ("Rabat",)
    for role in ROLES[1:]:
        assert Who(1, "x", role).sight == EVERYTHING
