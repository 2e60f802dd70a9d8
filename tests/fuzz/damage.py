"""What is done to a good file, by chance: to its bytes, its package, its XML, its text and its cells."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from random import Random

from tests.fuzz.bases import delimited, letters, open_document, parts, sheet_xml, table, workbook
from tests.fuzz.edits import CELLS, EDITS, EXTRA
from tests.workbooks import xlsx

Damage = Callable[[Random, bytes], bytes]


def packed(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package of entries, two of one name where they are given."""
    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(made, "w", method, compresslevel=1) as archive:
            for name, content in entries:
                archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def flip(chance: Random, content: bytes) -> bytes:
    """One to twelve bytes changed."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 12)) if made else 0):
        made[chance.randrange(len(made))] ^= chance.choice((1, 0x20, 0x80, 0xFF, chance.randrange(1, 256)))
    return bytes(made)


def cut(chance: Random, content: bytes) -> bytes:
    """The end, the beginning or a middle taken away."""
    one, other = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    return chance.choice((content[:one], content[one:], content[:one] + content[other:]))


def put(chance: Random, content: bytes) -> bytes:
    """Some bytes put in: noise, NULs, another file's beginning, or a piece of its own."""
    at = chance.randrange(len(content) + 1)
    one, other = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    pieces = (
        chance.randbytes(40),
        bytes(99),
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        content[one:other][:9_000],
        b"\xff\xfe",
    )
    return content[:at] + chance.choice(pieces) + content[at:]


def repackage(chance: Random, content: bytes) -> bytes:
    """Entries of a package taken away, doubled, renamed, emptied, exchanged, put in, or all of them stored."""
    entries = parts(content)
    if not entries:
        return flip(chance, content)
    at, other = chance.randrange(len(entries)), chance.randrange(len(entries))
    name, held = entries[at]
    how = chance.randrange(9)
    if how == 0:
        del entries[at]
    elif how == 1:
        entries.append((name, chance.choice((held, b"", entries[other][1]))))
    elif how == 2:
        entries[at] = (
            chance.choice((name.upper(), name + "x", "/" + name, name.replace("/", "\\"), "x/" * 99, "é" + name)),
            held,
        )
    elif how == 3:
        entries[at] = (name, b"")
    elif how == 4:
        entries[at], entries[other] = (name, entries[other][1]), (entries[other][0], held)
    elif how == 5:
        entries.insert(at, chance.choice(list(EXTRA.items())))
    elif how == 6:
        return packed(entries, zipfile.ZIP_STORED)
    elif how == 7:
        entries += [(f"x/{number}", b"") for number in range(chance.choice((3, 2_001)))]
    else:
        entries[at] = (name, flip(chance, held))
    return packed(entries)


def header_lies(chance: Random, content: bytes) -> bytes:
    """A field of an entry's two headers changed: method, flags, sizes, checksum, place."""
    made = bytearray(content)
    places = [found.start() for found in re.finditer(rb"PK[\x01\x03\x05][\x02\x04\x06]", content)]
    if not places:
        return flip(chance, content)
    at = chance.choice(places) + chance.choice((4, 6, 8, 10, 14, 16, 18, 20, 22, 24, 26, 28, 30, 34, 42))
    if at + 4 < len(made):
        made[at : at + 2] = chance.choice((b"\xff\xff", b"\0\0", b"\1\0", b"\x63\0", b"\x08\x08", b"\0\x80"))
    return bytes(made)


def edit_xml(chance: Random, content: bytes) -> bytes:
    """One to four edits in one XML part, mostly that of a sheet or of its texts."""
    entries = parts(content)
    places = [place for place, (name, _) in enumerate(entries) if name.endswith((".xml", ".rels"))]
    if not places:
        return repackage(chance, content)
    telling = [p for p in places if re.search(r"sheet\d|content\.xml|sharedStrings|workbook\.xml$", entries[p][0])]
    at = chance.choice(telling if telling and chance.randrange(8) else places)
    name, held = entries[at]
    text = held.decode("utf-8", "replace")
    for _ in range(chance.choice((1, 1, 2, 4))):
        fitting = [edit for edit in EDITS if re.search(edit[0], text)]
        pattern, shape, values = chance.choice(fitting)
        found = list(re.finditer(pattern, text))
        spot = chance.choice(found)
        written = shape.replace("{}", chance.choice(values), 1)
        text = text[: spot.start()] + written + text[spot.end() :]
        if len(text) > 2_000_000:
            break
    entries[at] = (name, text.encode(chance.choice(("utf-8",) * 9 + ("utf-16", "utf-8-sig", "utf-7")), "surrogatepass"))
    return packed(entries)


def _text(content: bytes) -> str:
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp1252",
    "mac_roman",
    "utf-7",
    "utf-32",
    "cp1256",
    "cp037",
    "koi8-r",
)


def recode(chance: Random, content: bytes) -> bytes:
    """A text in another encoding, in two, or encoded twice; or its bytes taken for those of another."""
    text = _text(content) if not parts(content) else delimited(table())
    once = text.encode(chance.choice(ENCODINGS), "replace")
    if chance.randrange(4):
        return once
    if chance.randrange(2):
        return text.encode("utf-8", "replace").decode("cp1252", "replace").encode("utf-8", "replace")
    half = len(text) // 2
    return text[:half].encode("utf-8", "replace") + text[half:].encode(chance.choice(ENCODINGS), "replace")


def edit_text(chance: Random, content: bytes) -> bytes:
    """Lines, delimiters and quotes of a text out of order."""
    text = _text(content) if not parts(content) else delimited(table())
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    how = chance.randrange(10)
    if how == 0:
        text = text.replace(";", chance.choice((",", "\t", "|", ":", " ", "\x1f", ";;", "§")))
    elif how == 1:
        place = chance.randrange(len(text) + 1)
        text = (
            text[:place] + chance.choice(('"', '""', "'", '";"', "\0", "\x1a", "\r", "\n\n\n", "\ufeff")) + text[place:]
        )
    elif how == 2:
        text = chance.choice(("sep=;\n", "sep=,\n", "SEP=\t\r\n", '"sep=|"\n', "sep=\n", "sep=ab\n", "sep=;")) + text
    elif how == 3:
        lines[at] = lines[at].rstrip("\r\n") + ";" * chance.choice((1, 9, 499, 501, 5_000)) + "\n"
        text = "".join(lines)
    elif how == 4:
        lines[at] = ";".join(lines[at].split(";")[: chance.randrange(4)]) + "\n"
        text = "".join(lines)
    elif how == 5:
        lines.insert(at, chance.choice(lines) * chance.choice((1, 3)))
        text = "".join(lines)
    elif how == 6:
        text = text.replace("\r\n", chance.choice(("\r", "\n", "\n\r", "\x0b", "\x85", "\u2028", "")))
    elif how == 7:
        chance.shuffle(lines)
        text = "".join(lines)
    elif how == 8:
        lines[at] = "x" * chance.choice((200, 5_000, 100_001)) + ";" + lines[at]
        text = "".join(lines)
    else:
        lines.insert(
            at, chance.choice(("# note\n", "Total;;;;;;;;;12\n", ";;;;\n", "=1+1;+1;-1;@x\n", "<html>\n", "\x0c\n"))
        )
        text = "".join(lines)
    return text.encode(chance.choice(("utf-8", "utf-8", "cp1252", "utf-16")), "replace")


def edit_cells(chance: Random, content: bytes) -> bytes:
    """A list written anew, in any form, with cells, rows and columns out of the ordinary."""
    rows = [list(row) for row in table()]
    for _ in range(chance.choice((1, 3, 6))):
        how, at = chance.randrange(9), chance.randrange(len(rows))
        row = rows[at]
        if how < 4 and row:
            row[chance.randrange(len(row))] = chance.choice(CELLS)
        elif how == 4:
            rows.insert(at, [chance.choice(CELLS) for _ in range(chance.choice((1, 2, 10, 12)))])
        elif how == 5:
            rows.insert(at, list(chance.choice(rows)))
        elif how == 6 and row:
            place = chance.randrange(10)
            for other in rows[2:]:
                other.insert(
                    place, other[place] if place < len(other) and chance.randrange(2) else chance.choice(CELLS)
                )
        elif how == 7:
            place = chance.randrange(10)
            for other in rows[2:]:
                del other[place : place + 1]
        elif rows[2:] and rows[2]:
            # Everything of a column is one thing.
            place, cell = chance.randrange(10), chance.choice(CELLS)
            for other in rows[3:]:
                other[place : place + 1] = [cell]
    form = chance.randrange(5)
    clean = [[_for_xml(cell) for cell in row] for row in rows]
    if form == 0:
        return xlsx(sheet_xml(clean))
    if form == 1:
        return workbook(clean)
    if form == 2:
        return open_document(clean)
    return delimited(rows, chance.choice(";;,\t")).encode(
        chance.choice(("utf-8", "utf-8", "cp1252", "utf-16")), "replace"
    )


def _for_xml(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def typed_cells(chance: Random, content: bytes) -> bytes:
    """A sheet whose cells are numbers, days, truths and errors of every size where a list has its texts."""
    values = (
        "0",
        "-1",
        "1",
        "40000",
        "43831.5",
        "2958465",
        "2958466",
        "60",
        "59",
        "0.5",
        "1e15",
        "151235400004417",
        "1e308",
        "5e-324",
        "-40000",
    )
    rows = []
    for number, row in enumerate(table(), 1):
        cells = [
            f'<c r="{letters(p)}{number}" t="inlineStr"><is><t>{c.replace("&", "")}</t></is></c>'
            for p, c in enumerate(row)
            if c
        ]
        if number > 3:
            for place in chance.sample(range(len(row)), 3):
                at, value = f"{letters(place)}{number}", chance.choice(values)
                cells[min(place, len(cells) - 1)] = chance.choice(
                    (
                        f'<c r="{at}"><v>{value}</v></c>',
                        f'<c r="{at}" s="1"><v>{value}</v></c>',
                        f'<c r="{at}" s="2"><v>{value}</v></c>',
                        f'<c r="{at}" t="b"><v>{chance.randrange(2)}</v></c>',
                        f'<c r="{at}" t="e"><v>#DIV/0!</v></c>',
                        f'<c r="{at}" t="d"><v>2015-03-01T00:00:00</v></c>',
                        f'<c r="{at}"><f>A1</f></c>',
                        f'<c r="{at}" t="str"><f>A1</f><v></v></c>',
                    )
                )
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    styles = (
        f'<styleSheet xmlns="{main}"><cellXfs count="3"><xf/><xf numFmtId="14" applyNumberFormat="1"/>'
        '<xf numFmtId="46" applyNumberFormat="1"/></cellXfs></styleSheet>'
    )
    return xlsx("".join(rows), {"xl/styles.xml": styles})


ALL: tuple[Damage, ...] = (
    flip, cut, put, repackage, header_lies, edit_xml, edit_xml, edit_xml, recode, edit_text, edit_text, edit_cells,
    edit_cells, typed_cells,
)  # fmt: skip
