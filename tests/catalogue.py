"""Every sentence that a reader can meet, where it stands in the code, and the catalogues that translate it.

`make words` brings the catalogues up to date: new sentences come in empty, those that nobody says any more go.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import data.consents
import data.mending
import data.rules  # noqa: F401  (declares its problems)
from data.decide import REFUSALS
from data.problem import WRONGS
from data.who import SIGNS
from metrics import METRICS
from metrics.metric import DIMENSIONS, NOTES
from publish.release import REFUSALS as NOT_PUBLISHED
from words import CATALOGUES, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app.py", "access", "pages", "publish", "charts", "ui", "words")
Said = str | tuple[str, ...]


def said() -> Iterator[tuple[Said, str]]:
    """Every message or pair of singular and plural, with the file and line that says it."""
    for room in ROOMS:
        path = ROOT / room
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (message := spoken(node)):
                    yield message, f"{file.relative_to(ROOT)}:{node.lineno}"
    for file in sorted((ROOT / "access" / "templates").glob("*.html")):
        for message in re.findall(r'\bt\("([^"]+)"', file.read_text(encoding="utf-8")):
            yield message, str(file.relative_to(ROOT))
    for metric in METRICS.values():
        for message in (metric.label, metric.says, metric.unit, metric.formula, metric.limits):
            yield message, f"metrics: {metric.name}"
    for code, note in NOTES.items():
        yield note, f"metrics: note {code}"
    for code, wrong in WRONGS.items():
        for message in (wrong.title, wrong.reason, wrong.shown):
            yield message, f"data: problem {code}"
    for sign in SIGNS.values():
        yield sign.sentence, "data: who is who"
    for refusal in REFUSALS.values():
        yield refusal, "data: who is who"
    for refusal in NOT_PUBLISHED.values():
        yield refusal, "publish: release"
    for dimension in DIMENSIONS:
        yield dimension, "metrics: dimensions"


def spoken(call: ast.Call) -> Said | None:
    """What a call hands to the catalogue: `t("…")` and `mark("…")` a sentence, `t.many("…", "…", n)` two."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", None)
    texts = tuple(one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
    if name in ("t", "mark", "say") and texts:
        return texts[0]
    return texts[:2] if name == "many" and len(texts) > 1 else None


def template() -> Catalog:
    """All messages as a catalogue without translations; places without lines, so that it changes with words alone."""
    catalogue = Catalog(charset="utf-8")
    for message, place in said():
        catalogue.add(message, locations=[(place.split(":")[0], 0)])
    return catalogue


def path_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "essaim.po"


def read(language: str) -> Catalog:
    with path_of(language).open("rb") as handle:
        return read_po(handle, locale=language)


def untranslated(catalogue: Catalog) -> list[Message]:
    """The messages without a translation, or with one of their plurals missing."""
    return [
        message
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


_HEADER = """# {name} for Essaim.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def update(language: str) -> int:
    """Writes the catalogue anew and says how many sentences wait for a translation."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    old = read(language) if path.exists() else Catalog(locale=language)
    fresh = Catalog(locale=language)
    for message in template():
        if message.id:
            known = old.get(message.id if isinstance(message.id, str) else message.id[0])
            string = known.string if known and known.id == message.id else None
            fresh.add(message.id, string, locations=message.locations)
    body = BytesIO()
    write_po(body, fresh, width=118, sort_output=True, omit_header=True, include_lineno=False)
    header = _HEADER.format(name=LANGUAGES[language], language=language, plurals=fresh.plural_forms)
    path.write_bytes(header.encode() + body.getvalue())
    return len(untranslated(fresh))


if __name__ == "__main__":
    waiting = {language: update(language) for language in LANGUAGES if language != "en"}
    for language, number in waiting.items():
        print(f"{path_of(language).relative_to(ROOT)}: {number} sentences wait for a translation")
    sys.exit(any(waiting.values()))
