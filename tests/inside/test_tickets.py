"""A ticket is good for one download, of one session, for five minutes."""

from __future__ import annotations

import pytest

from access.tickets import IN_ALL, PER_SESSION, Desk


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def _token(path: str) -> str:
    assert path.startswith("/download/")
    return path.removeprefix("/download/")


def test_a_ticket_is_good_once_and_makes_its_bytes_when_asked() -> None:
    desk, made = Desk(), []
    token = _token(desk.issue("s1", "liste.xlsx", "text/csv", lambda: made.append(1) or b"bytes"))  # type: ignore[func-returns-value]
    assert len(token) == 43 and made == []
    ticket = desk.take(token, "s1")
    assert ticket is not None and (ticket.filename, ticket.mime, ticket.make()) == ("liste.xlsx", "text/csv", b"bytes")
    assert desk.take(token, "s1") is None


def test_another_session_gets_nothing_and_takes_nothing_away() -> None:
    desk = Desk()
    token = _token(desk.issue("s1", "a", "b", bytes))
    assert desk.take(token, "s2") is None and desk.take(token, "") is None and desk.take("x", "s1") is None
    assert desk.take(token, "s1") is not None
    with pytest.raises(ValueError):
        desk.issue("", "a", "b", bytes)


def test_five_minutes_and_it_is_gone() -> None:
    clock = Clock()
    desk = Desk(clock)
    early, late = (_token(desk.issue("s1", "a", "b", bytes)) for _ in range(2))
    clock.at = 299.9
    assert desk.take(early, "s1") is not None
    clock.at = 300
    assert desk.take(late, "s1") is None and not desk._issued


def test_their_number_is_bounded_and_one_session_crowds_out_only_itself() -> None:
    desk = Desk()
    other = _token(desk.issue("s2", "a", "b", bytes))
    tokens = [_token(desk.issue("s1", "a", "b", bytes)) for _ in range(PER_SESSION + 1)]
    assert desk.take(tokens[0], "s1") is None and desk.take(tokens[1], "s1") is not None
    assert desk.take(other, "s2") is not None
    for n in range(IN_ALL + 10):
        desk.issue(f"session {n}", "a", "b", bytes)
    assert len(desk._issued) == IN_ALL


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("a\r\nX: y.csv", "aX: y.csv"), ("C:\\x\\y.csv", "y.csv"), ("..", "download"),
     ("", "download"), ("é" * 500, "é" * 150), ("\u202efdp.exe", "fdp.exe")],
)  # fmt: skip
def test_a_filename_is_one_plain_name(given: str, kept: str) -> None:
    desk = Desk()
    ticket = desk.take(_token(desk.issue("s1", given, "text/csv", bytes)), "s1")
    assert ticket is not None and ticket.filename == kept
