"""Five thousand damaged spreadsheets: each is proposed or refused by name, nothing breaks, hangs or is written.

How the work is shared out: every file is read by the reading child's own code under the child's own limits, forked from
a warm interpreter (`warm.py`), then picked, matched and checked in earnest: that is where a file's content can
surprise. Of those that come so far one in 40 goes on through keys, comparison and doubts, and one in 250, the child
started afresh as for a person, through the trial generation too: their statements see typed columns only. Which ones is
told by a checksum of the file, so that a file that failed once fails again. `make fuzz` does it twenty times over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.bases import bases, own
from tests.fuzz.damage import ALL, Damage
from tests.fuzz.judge import Judge

TOTAL = int(os.environ.get("ESSAIM_FUZZ", "5000"))
# `make fuzz` looks elsewhere each time; `make test` at the same files, so that it is red for a reason of one's own.
SEED = int(os.environ.get("ESSAIM_FUZZ_SEED", "0"))
SHARES = 8
RUN = settings(
    max_examples=max(1, TOTAL // SHARES),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # A file is small and its damages are three at most: shrinking is quick and explaining is not.
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, list[str], int]:
    """A good file's name, what is done to it, and the chance by which it is done."""
    # The collection beside this clone must not crowd out the files that every clone has.
    name = draw(st.one_of(st.sampled_from(own()), st.sampled_from(list(bases()))))
    done = draw(st.lists(st.sampled_from([one.__name__ for one in ALL]), min_size=1, max_size=3))
    return name, done, draw(st.integers(0, 2**48))


DAMAGES: dict[str, Damage] = {one.__name__: one for one in ALL}


def content_of(name: str, done: list[str], number: int) -> bytes:
    """The bytes that a name, damages and a number stand for."""
    chance, content = Random(number), bases()[name]
    for damage in done:
        content = DAMAGES[damage](chance, content)
    return content


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    judge = Judge(tmp_path_factory.mktemp("fuzz") / "home")
    yield judge
    judge.close()


@pytest.mark.parametrize("share", range(SHARES))
def test_a_damaged_file_is_proposed_or_refused_by_name(share: int, judge: Judge) -> None:
    before = judge.seen.copy()

    @seed(SEED * SHARES + share)
    @RUN
    @given(damaged())
    def run(file: tuple[str, list[str], int]) -> None:
        judge(file[0], content_of(*file))

    run()
    seen = judge.seen - before
    told = {name: count for name, count in seen.items() if not name.startswith("code ")}
    codes = {name for name in seen if name.startswith("code ")}
    print(f"share {share}: {told}, {len(codes)} kinds of problem")
    assert told.get("unreadable") and told.get("problems") and told.get("checked")


def test_every_good_file_is_read_before_it_is_damaged(judge: Judge) -> None:
    for name, content in bases().items():
        judge(name, content)
    for name in ("locataires.csv", "locataires.xlsx", "locataires.ods", "liste.xlsx"):
        review = judge(name, bases()[name])
        assert review is None or review.draft, "a good list got no further than its problems"


@pytest.mark.parametrize("damage", ["write", "breaks", "hangs"])
def test_the_judge_sees_what_must_not_be(damage: str, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    from data import intake
    from tests.fuzz import judge as judging

    def breaks(*_: object, **__: object) -> None:
        if damage == "hangs":
            while True:
                pass
        raise ValueError(damage)

    monkeypatch.setattr(judging, "PATIENCE", 1)
    if damage == "write":
        held = judge.folder / "held"
        held.parent.mkdir(exist_ok=True)
        held.write_bytes(b"x")
        with pytest.raises(AssertionError, match="left behind"):
            judge("locataires.csv", bases()["locataires.csv"])
        held.unlink()
        return
    monkeypatch.setattr(intake, "pick", breaks)
    with pytest.raises(judging.Hung if damage == "hangs" else ValueError):
        judge("locataires.csv", bases()["locataires.csv"])
