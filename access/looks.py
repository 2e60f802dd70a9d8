"""The pages of our own making: rendered from templates in the reader's language, and no script in any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import words
from access.headers import OWN_POLICY
from words import LANGUAGES, Words

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Looks:
    """`asset(name)` gives the address of a file of ours; `language(asked, accepted)` which language to speak."""

    asset: Callable[[str], str]
    language: Callable[[str | None, str | None], str]

    def __post_init__(self) -> None:
        made = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        object.__setattr__(self, "_made", made)

    def words(self, request: Request, asked: str | None = None) -> Words:
        """The words of whoever asks."""
        wanted = asked or request.query_params.get("lang")
        return words.of(self.language(wanted, request.headers.get("accept-language")))

    def page(self, request: Request, t: Words, template: str, status: int = 200, /, **told: Any) -> Response:
        """One page, with the ways to the same page in the other languages."""
        kept = {key: value for key, value in request.query_params.items() if key in ("next", "enrol")}

        def here(language: str) -> str:
            return f"{page}?{urlencode({'lang': language, **kept})}"

        # The answer to a form stands where the form itself is to be had.
        path = request.url.path
        page = next(
            (own for start, own in (("/account", "/account"), ("/oidc/", "/signin")) if path.startswith(start)), path
        )
        made: Environment = self._made  # type: ignore[attr-defined]
        text = made.get_template(f"{template}.html").render(
            t=t, languages=LANGUAGES, here=here, asset=self._address, signed_in=told.pop("signed_in", False), **told
        )
        headers = {"Content-Security-Policy": OWN_POLICY, "Content-Language": t.language}
        return HTMLResponse(text, status, headers)

    def _address(self, name: str) -> str:
        return self.asset(name).removeprefix(".")


def picture(text: str) -> str:
    """A QR code as the address of a picture: an SVG in a data URL, drawn here and fetched from nowhere."""
    return segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#0b181e", light="#fff")
