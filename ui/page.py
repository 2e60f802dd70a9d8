"""The View of the run that is going on: made by the frame, taken by the page."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from access.pages import PAGES
from ui import reader
from ui.view import View

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_view: ContextVar[View] = ContextVar("view")
_head: ContextVar[DeltaGenerator] = ContextVar("head")


def hand_over(view: View, head: DeltaGenerator) -> None:
    """What the frame leaves for the page: the view, and the place of the title above the filters."""
    _view.set(view)
    _head.set(head)


def open(name: str) -> View:
    """What this run looks at, for a reader who may open the page of this name.

    Raises LookupError where a page runs without its frame, SignedOut and NotYours where it is not the reader's: so it
    shows nothing.
    """
    reader.must(PAGES[name])
    return _view.get()


def head() -> DeltaGenerator:
    """The place of the title."""
    return _head.get()
