"""What a zipped workbook holds, and whether it may be opened: sizes counted while inflating, never as declared."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from data.grid import Limits, refuse

PIECE = 1 << 18
WINDOW = 1 << 20
OVERLAP = 4096
DECLARATION = "<!DOCTYPE"
ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
SAFE_ENCODINGS = (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-", b"windows-125")
# Every pattern is bounded or possessive: what it searches may have been made to keep it busy.
PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>)?\s*+(?:<(?!\?xml\b)|$)")
# Written as spreadsheet programs write it, so that a literal can be searched for; what looks otherwise meets the
# child's own limits.
FAR = re.compile(rb' r="([A-Z]{2,}|[0-9]{7,}|-)')
FILLED = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]{0,200}+>\s{0,20}<(?:\w{1,20}:)?(?:v|is|f)\b""")
FORMULA = re.compile(
    rb"""<c\s[^<>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]{0,200}+>\s{0,20}"""
    rb"""<f\b(?:[^<>]{0,300}/>|[^<>]{0,300}>[^<]{0,9000}+</f>)\s{0,20}(?:<v\s?/>|<v>\s{0,20}</v>)?\s{0,20}</c>"""
)
ERROR = re.compile(
    rb"""<c\s[^<>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]{0,200}?\bt="e"[^<>]{0,200}+>\s{0,20}"""
    rb"""(?:<f\b(?:[^<>]{0,300}/>|[^<>]{0,300}>[^<]{0,9000}+</f>)\s{0,20})?<v>(#[A-Z0-9/_]{2,20}[!?]?)</v>"""
)
COLUMNS_OF_EXCEL, ROWS_OF_EXCEL = 16_384, 1_048_576
SEVERAL = 100_000


@dataclass
class Part:
    """What a sheet's XML tells that the reader does not: formulas without a result, and error values by their name."""

    unanswered: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class Look:
    """What was seen in the package: its format, whether it carries macros or links to other files, and what each
    sheet's XML tells."""

    format: str
    macros: bool = False
    links: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def part(self, sheet: str) -> Part:
        """What the XML of the sheet of that name tells; rows and columns are zero based."""
        return self.parts.get(self.files.get(sheet, ""), Part())


def inspect(content: bytes, limits: Limits) -> Look:
    """Walks through a zip file without trusting it; says what kind of workbook it is or raises Refused."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, UnicodeDecodeError):
        raise refuse("damaged") from None
    _names(entries, limits)
    names = {entry.filename.casefold(): entry for entry in entries}
    small = {}
    inflated = 0
    parts: dict[str, Part] = {}
    places = sorted(_places(content, entries), key=lambda place: place[0].filename.casefold() != MANIFEST)
    for entry, start, end in places:
        key = entry.filename.casefold()
        kept = []
        scan = _Scan(entry.filename, limits)
        size, check = 0, 0
        for piece in _inflate(content, entry, start, end):
            size += len(piece)
            inflated += len(piece)
            check = zlib.crc32(piece, check)
            if inflated > limits.inflated:
                raise refuse("inflates-too-much", limit=limits.inflated // 1_000_000)
            if size <= WINDOW:
                kept.append(piece)
            scan.feed(piece)
            if size > 10_000_000 and size > limits.ratio * max(1, end - start):
                raise refuse("inflates-too-much", limit=limits.inflated // 1_000_000)
        scan.end()
        if size != entry.file_size or check != entry.CRC:
            raise refuse("damaged")
        if scan.sheet:
            parts[key] = scan.part
        if key in WANTED:
            small[key] = b"".join(kept)
        if key == MANIFEST and b"encryption-data" in small[key]:
            raise refuse("password-protected")
    look = _kind(names, small)
    look.parts = parts
    look.links = any(name.startswith("xl/externallinks/") and not name.endswith(".rels") for name in names)
    return look


MANIFEST = "meta-inf/manifest.xml"
WANTED = (
    "[content_types].xml",
    "mimetype",
    MANIFEST,
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
)


def _names(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if not entries:
        raise refuse("not-a-workbook")
    if len(entries) > limits.entries:
        raise refuse("too-many-entries", found=len(entries), limit=limits.entries)
    seen = set()
    for entry in entries:
        name = entry.orig_filename
        parts = re.split(r"[/\\]", name)
        if "\0" in name or ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
            raise refuse("unsafe-name", value=name[:100])
        if entry.flag_bits & 0x1:
            raise refuse("password-protected")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse("damaged")
        key = "/".join(parts).casefold()
        if key in seen:
            raise refuse("duplicate-entry", value=name[:100])
        seen.add(key)


def _places(content: bytes, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, int, int]]:
    """Each entry with where its packed bytes lie; entries that share bytes are refused, for they can be a bomb."""
    free = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        head = content[entry.header_offset : entry.header_offset + 30]
        if entry.header_offset < free or len(head) < 30 or head[:4] != b"PK\x03\x04":
            raise refuse("damaged")
        start = entry.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        end = start + entry.compress_size
        if end > len(content):
            raise refuse("damaged")
        free = end
        yield entry, start, end


def _inflate(content: bytes, entry: zipfile.ZipInfo, start: int, end: int) -> Iterator[bytes]:
    """The entry's bytes, at most a megabyte at a time."""
    view = memoryview(content)
    if entry.compress_type == zipfile.ZIP_STORED:
        for place in range(start, end, WINDOW):
            yield bytes(view[place : min(place + WINDOW, end)])
        return
    engine = zlib.decompressobj(-15)
    try:
        for place in range(start, end, PIECE):
            packed: bytes | memoryview = view[place : min(place + PIECE, end)]
            while len(packed) and not engine.eof:
                yield engine.decompress(packed, WINDOW)
                packed = engine.unconsumed_tail
        while not engine.eof:
            piece = engine.decompress(b"", WINDOW)
            if not piece:
                raise refuse("damaged")
            yield piece
    except zlib.error:
        raise refuse("damaged") from None


class _Scan:
    """Looks through one XML part as it inflates, in windows that overlap."""

    def __init__(self, name: str, limits: Limits) -> None:
        lowered = name.casefold()
        self.xml = lowered.endswith((".xml", ".rels", ".vml"))
        self.sheet = self.xml and "worksheets/" in lowered and "_rels/" not in lowered
        self.limits = limits
        self.name = name
        self.tail = b""
        self.held: list[bytes] = []
        self.size = 0
        self.first = True
        self.declaration = DECLARATION.encode()
        self.part = Part()

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes of the part."""
        if self.xml:
            self.held.append(piece)
            self.size += len(piece)
            if self.size >= WINDOW:
                self._look()

    def end(self) -> None:
        """Looks at what is left."""
        if self.xml:
            self._look()

    def _look(self) -> None:
        window = b"".join([self.tail, *self.held])
        if self.first:
            self._prolog(window)
            if self.sheet and b"<c>" in window:
                # Cells without references lie side by side: the fullest row of the beginning tells how many.
                widest = max(row.count(b"<c>") for row in window.split(b"<row"))
                if widest > self.limits.columns:
                    raise refuse("too-many-columns", sheet=self.name, found=widest, limit=self.limits.columns)
            self.first = False
        if self.declaration in window:
            raise refuse("document-type")
        if self.sheet:
            self._cells(window, len(self.tail))
        self.tail = window[-OVERLAP:]
        self.held, self.size = [], 0

    def _prolog(self, window: bytes) -> None:
        """Settles how a declaration would be spelt; an encoding in which it could hide is refused, and so is text
        before the first element."""
        for encoding, starts in (("utf-16-le", (b"\xff\xfe", b"<\0")), ("utf-16-be", (b"\xfe\xff", b"\0<"))):
            if window.startswith(starts):
                self.declaration = DECLARATION.encode(encoding)
                return
        declared = ENCODING.match(window.removeprefix(b"\xef\xbb\xbf").lstrip())
        if declared and not declared[1].lower().startswith(SAFE_ENCODINGS):
            raise refuse("damaged")
        if not PROLOG.match(window):
            raise refuse("damaged")

    def _cells(self, window: bytes, seen: int) -> None:
        """Refuses references outside any spreadsheet, and values too far out, before a parser makes room for them."""
        far = set(FAR.findall(window))
        widest = max((_column(place) for place in far if place.isalpha()), default=0)
        if b"-" in far or widest > COLUMNS_OF_EXCEL or any(r.isdigit() and int(r[:12]) > ROWS_OF_EXCEL for r in far):
            raise refuse("bad-reference", limit=f"XFD{ROWS_OF_EXCEL}")
        if widest > self.limits.columns:
            # Blank cells that are only formatted far to the right cost nothing; values there do.
            found = max((_column(letters) for letters, _ in FILLED.findall(window)), default=0)
            if found > self.limits.columns:
                raise refuse("too-many-columns", sheet=self.name, found=found, limit=self.limits.columns)
        # One letter is found twenty times faster than a tag, and a sheet of values often has neither of these.
        if b"f" in window and b"</f>" in window and len(self.part.unanswered) < SEVERAL:
            for match in FORMULA.finditer(window):
                if match.end() > seen:
                    self.part.unanswered.append((int(match[2]) - 1, _column(match[1]) - 1))
        if b"e" in window and b't="e"' in window and len(self.part.errors) < SEVERAL:
            for match in ERROR.finditer(window):
                if match.end() > seen:
                    self.part.errors.append((int(match[2]) - 1, _column(match[1]) - 1, match[3].decode()))


def _column(letters: bytes) -> int:
    """The number of a column from its letters: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _kind(names: dict[str, zipfile.ZipInfo], small: dict[str, bytes]) -> Look:
    """Which workbook this is, from what the package says of itself."""
    if "mimetype" in names or "content.xml" in names:
        kind = small.get("mimetype", b"").strip()
        if "content.xml" in names and kind in (
            b"",
            b"application/vnd.oasis.opendocument.spreadsheet",
            b"application/vnd.oasis.opendocument.spreadsheet-template",
        ):
            return Look("ods", macros=any(name.startswith("basic/") for name in names))
        raise refuse("not-a-workbook")
    types = small.get("[content_types].xml")
    if types is None or not (b"spreadsheetml" in types or b"sheet.binary" in types):
        raise refuse("not-a-workbook")
    macros = any(name.endswith("vbaproject.bin") for name in names)
    if "xl/workbook.bin" in names:
        return Look("xlsb", macros)
    look = Look("xlsm" if b"macroEnabled" in types else "xlsx", macros)
    targets = {}
    for tag in re.findall(
        rb"<(?:\w{1,20}:)?Relationship\s[^<>]{0,2000}>", small.get("xl/_rels/workbook.xml.rels", b"")
    ):
        said = dict(re.findall(rb"""\b(\w{1,20})=["']([^"']*)["']""", tag))
        target = said.get(b"Target", b"").decode("utf-8", "replace").casefold()
        targets[said.get(b"Id", b"")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    for tag in re.findall(rb"<(?:\w{1,20}:)?sheet\s[^<>]{0,2000}>", small.get("xl/workbook.xml", b"")):
        title = re.search(rb"""\sname=["']([^"']*)["']""", tag)
        link = re.search(rb""":id=["']([^"']*)["']""", tag)
        if title and link:
            look.files[_unescape(title[1].decode("utf-8", "replace"))] = targets.get(link[1], "")
    return look


def _unescape(text: str) -> str:
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, letter)
    return text
