"""How delimited text becomes rows of texts: which encoding, which delimiter, and what is not text at all."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from itertools import chain

from data.grid import Limits, Rows, refuse
from data.problem import Problem

# The module's own limit would stop at the 131,072nd character with no word about the quote that was never closed.
csv.field_size_limit(1 << 30)

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!", b"\x04\x22\x4d\x18")
OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"SQLite format 3", b"PAR1", b"MZ\x90", b"{\\rtf")
OLD_EXCEL = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
PAGE = re.compile(
    r"<(!doctype\s+html|html|head|meta|title|table|body|div|span|style|script|center|font|p|br|form)\b|<!--",
    re.IGNORECASE,
)
BYTE_ORDERS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Control characters that no text has; tabulation, line ends and form feeds are not among them.
CONTROL = bytes(code for code in range(1, 32) if code not in b"\t\n\v\f\r\x1a") + b"\x7f"
DELIMITERS = "\t;|,"
# One column of numbers with decimal commas is not two columns.
DECIMAL = re.compile(r"[^,]*|\s*-?\d+,\d+\s*")
MAC_LETTERS = set("éèàçêôîûïëùâÉÈÀÇŒœ’«»–—…\xa0")
ANSI_LETTERS = set("éèàçêôîûïëùâäöüñáíóúÉÈÀÇÊÔÎÛÂŒœ’«»–—…€°²³·\xa0")
DOUBLED = re.compile("Ã[\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[™œ“”˜¦]")
SENTINEL = "\x02end\x03"


def sniff(content: bytes) -> str:
    """'zip', 'xls' or 'text', from the first bytes alone; Refused for what is recognisably something else."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if content.startswith(COMPOUND):
        return "xls"
    if OLD_EXCEL.match(content):
        return "xls"
    if content.startswith(PACKED):
        raise refuse("compressed")
    if content.startswith(OTHERS) or re.match(rb"\x80[\x02-\x05]", content):
        raise refuse("not-text")
    start = content[:4096]
    text = start.decode("utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace").lstrip()
    if text.startswith("<"):
        if "urn:schemas-microsoft-com:office:spreadsheet" in text:
            raise refuse("excel-2003-xml")
        if PAGE.match(text) or re.match(r"(?is)<\?xml[^>]*\?>\s*<(!doctype\s+html|html)\b", text):
            raise refuse("web-page")
        if text.startswith(("<?xml", "<office:", "<!DOCTYPE", "<!ENTITY")):
            raise refuse("not-a-workbook")
    if text.startswith("MIME-Version:"):
        raise refuse("web-page")
    return "text"


# A first line that Excel writes and reads: which sign stands between the cells.
SAID = re.compile(r'"?sep=(.)"?[ \t]*(\r\n|\n|\r)', re.IGNORECASE)


def rows(content: bytes, name: str, limits: Limits) -> tuple[Rows, list[Problem]]:
    """The rows of a delimited text, every cell a text or None, with what should be said about its encoding.

    `name` stands for the sheet in messages. Raises Refused for what is not text or is over a limit.
    """
    text, notes = _decode(content)
    if DOUBLED.search(text):
        count = len(DOUBLED.findall(text))
        if count * 2 > len(re.findall("[\x80-\uffff]+", text)):
            row = text.count("\n", 0, DOUBLED.search(text).start()) + 1  # type: ignore[union-attr]
            notes.append(Problem("double-encoded", row=row))
    if "\0" in text:
        notes.append(Problem("nul-byte", row=text.count("\n", 0, text.index("\0")) + 1))
        text = text.replace("\0", "")
    text = text.removesuffix("\x1a")
    said = SAID.match(text)
    if said:
        delimiter, text = said[1], text[said.end() :]
    else:
        delimiter = _delimiter(text)
    return _split(text, delimiter, 1 if said else 0, name, limits), notes


def delimiter_of(content: bytes) -> str:
    """The sign between the cells of a text that was read."""
    text = _decode(content)[0]
    said = SAID.match(text)
    return said[1] if said else _delimiter(text)


def _decode(content: bytes) -> tuple[str, list[Problem]]:
    """The text, and a warning where two encodings are mixed; Refused where it is not text."""
    content = content.removeprefix(codecs.BOM_UTF8)
    for mark, encoding in BYTE_ORDERS:
        if content.startswith(mark):
            return _strict(content, encoding), []
    nul = content.count(0)
    if nul * 3 > len(content) and len(content) % 2 == 0:
        even, odd = content[::2].count(0), content[1::2].count(0)
        return _strict(content, "utf-16-be" if even > odd else "utf-16-le"), []
    if len(content.translate(None, CONTROL)) < len(content) * 0.98 or nul * 5 > len(content):
        raise refuse("not-text")
    if _valid(content):
        return content.decode("utf-8"), []
    valid = [(line, _valid(line)) for line in content.split(b"\n")]
    if any(fine and not line.isascii() for line, fine in valid):
        # Files glued together: each line is read in the encoding it is in, and the first odd one is named.
        number = next(number for number, (_, fine) in enumerate(valid, 1) if not fine)
        odd_ones = sum(not fine for _, fine in valid)
        texts = [_strict(line, "utf-8" if fine else "cp1252") for line, fine in valid]
        return "\n".join(texts), [Problem("mixed-encoding", row=number, details={"lines": odd_ones})]
    return _single_byte(content), []


def _single_byte(content: bytes) -> str:
    """Windows-1252, or MacRoman where that gives more of the letters that Western texts use."""
    high = content.translate(None, bytes(range(128)))
    mac = high.decode("mac_roman")
    try:
        ansi = high.decode("cp1252")
    except UnicodeDecodeError:
        ansi = ""
    if sum(letter in MAC_LETTERS for letter in mac) > sum(letter in ANSI_LETTERS for letter in ansi):
        return content.decode("mac_roman")
    if not ansi:
        raise refuse("not-text")
    return content.decode("cp1252")


def _valid(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _strict(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise refuse("not-text") from None
    # Any pair of bytes is a UTF-16 letter, most of them of no text.
    start = "".join(text[:4096].split()).replace("\0", "")
    if sum(not letter.isprintable() for letter in start) * 10 > len(start):
        raise refuse("not-text")
    return text


def _delimiter(text: str) -> str:
    """The character that cuts the most records of the beginning into equally many cells; a comma where none does."""
    sample = text[:65_536]
    if len(text) > len(sample):
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    # Where no record holds anything, the sign that is there most often.
    best, chosen = (0.0, 0), max(reversed(DELIMITERS), key=sample.count)
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        records_read = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        counts = [len(record) for record in records_read if any(cell.strip() for cell in record)]
        wide = Counter(count for count in counts if count > 1)
        if not wide:
            continue
        cells, records = wide.most_common(1)[0]
        if delimiter == "," and cells == 2 and all(map(DECIMAL.fullmatch, sample.splitlines())):
            return chosen if best > (0.0, 0) else "\t"
        score = (round(records / len(counts), 2), cells if delimiter != "," else 0)
        if score > best:
            best, chosen = score, delimiter
    return chosen


def _split(text: str, delimiter: str, skipped: int, name: str, limits: Limits) -> Rows:
    """Rows of cells; Refused where there are too many, where a cell is too long or where a quote is never closed."""
    longest = max(map(len, text.splitlines()), default=0)
    if longest > limits.columns and '"' not in text:
        widest = max(line.count(delimiter) for line in text.splitlines()) + 1
        if widest > limits.columns:
            raise refuse("too-many-columns", sheet=name, found=widest, limit=limits.columns)
    # A last line that must come back as it is tells whether a quote before it was left open.
    reader = csv.reader(io.StringIO(f"{text}\n{SENTINEL}", newline=""), delimiter=delimiter)
    found: Rows = []
    cells, begun, ended = 0, 1, 0
    record: list[str] = []
    try:
        for record in reader:
            begun, ended = ended + 1, reader.line_num
            cells += len(record) if record != [SENTINEL] else 0
            if len(record) > limits.columns:
                raise refuse("too-many-columns", sheet=name, found=len(record), limit=limits.columns)
            if cells > limits.cells:
                raise refuse("too-many-cells", sheet=name, found=cells, limit=limits.cells)
            if len(found) > limits.rows:
                raise refuse("too-many-rows", sheet=name, found=len(found), limit=limits.rows)
            found.append([cell or None for cell in record])
    except csv.Error:
        raise refuse("not-text") from None
    if record != [SENTINEL]:
        raise refuse("open-quote", row=begun + sum(cell.count("\n") for cell in record[:-1]) + skipped)
    found.pop()
    if max(map(len, filter(None, chain.from_iterable(found))), default=0) > limits.characters:  # type: ignore[arg-type]
        for number, row in enumerate(found, 1):
            if any(isinstance(cell, str) and len(cell) > limits.characters for cell in row):
                raise refuse("cell-too-long", row=number + skipped, limit=limits.characters)
    while found and not any(found[-1]):
        found.pop()
    return found
