"""How the bytes of a spreadsheet become grids of cells as written; the content decides the format, never the name."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data import read_text, read_zip
from data.grid import Book, Cell, CellError, Codes, Column, Grid, Limits, is_ours, refuse
from data.limits import allowed
from data.problem import Problem, Refused

__all__ = ["Book", "Cell", "CellError", "Grid", "Limits", "read"]

CHILD = Path(__file__).with_name("read_child.py")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EPOCH = datetime(1970, 1, 1)
SEPARATOR = "\x1f"
# How glibc's allocator asks for memory in a process that makes a million cells and ends: by large pages and some at a
# time, and giving none back, for each page is zeroed when it comes. Vectors that grow past 32 MB stay mapped on their
# own, so that they are moved without a copy. The limit on the child's memory is what it was.
_ALLOCATION = (
    "glibc.malloc.hugetlb=1",
    "glibc.malloc.top_pad=4194304",
    "glibc.malloc.trim_threshold=4000000000",
    "glibc.malloc.mmap_threshold=33554432",
)
LIMITS = Limits()
Bytes = npt.NDArray[np.uint8]


def read(content: bytes, name: str, limits: Limits | None = None) -> Book:
    """Reads a workbook (xlsx, xlsm, xlsb, xls, ods) or a delimited text (csv, tsv, txt) into its sheets.

    `name` is used for messages and to say that the extension does not fit. Workbooks are parsed in a child process of
    their own with `limits`, by default those that hold on this machine; nothing is written anywhere. Raises Refused,
    with one problem that says why, for anything that is not a readable spreadsheet within the limits.
    """
    limits = limits or allowed()
    if not content:
        raise refuse("empty-file")
    if len(content) > limits.packed:
        raise refuse("file-too-large", found=len(content), limit=limits.packed)
    sniffed = read_text.sniff(content)
    notes: list[Problem] = []
    if sniffed == "text":
        rows, said = read_text.rows(content, Path(name).stem, limits)
        grids: tuple[Grid, ...] = (Grid.of_rows(Path(name).stem, True, rows),)
        notes += said
        found = "csv"
    else:
        look = None
        if sniffed == "zip":
            look = read_zip.inspect(content, limits)
            found = look.format
            if look.macros:
                notes.append(Problem("macros-ignored"))
            if look.links:
                notes.append(Problem("links-ignored"))
        else:
            found = "xls"
            if "EncryptedPackage".encode("utf-16-le") in content:
                raise refuse("password-protected")
        grids = _parse(content, found, limits, look)
        # A workbook that we gave back with its problems listed is read as the one it was made of.
        grids = tuple(grid for grid in grids if not is_ours(grid)) or grids
    if not any(_holds_something(cell) for grid in grids for column in grid.columns for cell in column.values):
        raise refuse("blank-file")
    extension = Path(name).suffix.lower().lstrip(".")
    families = {"csv": ("csv", "tsv", "txt", "tab", "")}
    if extension not in families.get(found, (found, "")):
        notes.append(Problem("extension-mismatch", value=f".{extension}", details={"format": found}))
    return Book(name, found, grids, tuple(notes))


def _holds_something(cell: Cell) -> bool:
    return bool(cell.strip(" \t\r\n\xa0;,|")) if isinstance(cell, str) else cell is not None


def _parse(content: bytes, found: str, limits: Limits, look: read_zip.Look | None) -> tuple[Grid, ...]:
    """The sheets of a workbook, by python-calamine in a child process, or by openpyxl in another where that fails."""
    deadline = clock.monotonic() + limits.wall
    try:
        header, body = _child("calamine", content, found, limits, deadline)
    except Refused as first:
        if first.problems[0].code not in ("damaged", "reader-crashed"):
            raise
        if found == "xls" and _has_password(content):
            raise refuse("password-protected") from None
        if found == "xls" and not content.startswith(COMPOUND):
            raise refuse("old-excel") from None
        if found not in ("xlsx", "xlsm"):
            raise
        try:
            header, body = _child("openpyxl", content, found, limits, deadline)
        except Refused as second:
            raise (first if second.problems[0].code == "damaged" else second) from None
    with _uncollected():
        try:
            grids = tuple(_grids(header, body, limits, look))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise refuse("reader-crashed", megabytes=limits.memory // 1_000_000, seconds=limits.cpu) from None
    if not grids:
        raise refuse("no-sheets")
    return grids


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection while a million cells are made, none of which is garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _child(
    reader: str, content: bytes, found: str, limits: Limits, deadline: float
) -> tuple[dict[str, Any], memoryview]:
    """Runs one reader in a fresh interpreter under limits; (header, body) of its answer, or Refused."""
    package = importlib.util.find_spec("openpyxl" if reader == "openpyxl" else "python_calamine")
    assert package is not None and package.origin is not None
    request = {
        "reader": reader,
        "format": found,
        "path": [str(Path(package.origin).parents[1])],
        **{key: getattr(limits, key) for key in ("sheets", "rows", "columns", "cells", "memory", "cpu")},
    }
    with _anonymous(content) as source:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(CHILD), json.dumps(request)],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": ":".join(_ALLOCATION)},
        )
        try:
            answer = _listen(child, deadline, limits)
        finally:
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()
    if answer is None:
        raise refuse("too-slow", seconds=limits.wall)
    try:
        length = int.from_bytes(answer[:8], "big")
        if len(answer) < 8 + length or length == 0:
            raise ValueError
        header = json.loads(answer[8 : 8 + length])
        reason = header.get("stop")
    except (ValueError, AttributeError, RecursionError):
        raise refuse("reader-crashed", megabytes=limits.memory // 1_000_000, seconds=limits.cpu) from None
    if reason is not None:
        details = header.get("details")
        raise _stopped(reason, details if isinstance(details, dict) else {}, limits)
    return header, memoryview(answer)[8 + length :]


def _stopped(reason: object, details: dict[str, Any], limits: Limits) -> Refused:
    """The refusal for a reason the child gave; what it says beside the known names is left out."""
    bounds = {
        "too-many-rows": limits.rows,
        "too-many-columns": limits.columns,
        "too-many-cells": limits.cells,
        "too-many-sheets": limits.sheets,
    }
    if reason in bounds:
        sheet, found = details.get("sheet"), details.get("found")
        found = found if isinstance(found, int) else 0
        return refuse(str(reason), sheet=str(sheet)[:200], found=found, limit=bounds[str(reason)])
    if reason == "too-much-memory":
        return refuse("reader-crashed", megabytes=limits.memory // 1_000_000, seconds=limits.cpu)
    return refuse("damaged")


@contextmanager
def _anonymous(content: bytes) -> Iterator[BinaryIO]:
    """The content as a file that has no name anywhere, at its start."""
    if hasattr(os, "memfd_create"):
        made: Any = os.fdopen(os.memfd_create("essaim"), "w+b")
    else:
        made = tempfile.TemporaryFile()  # noqa: SIM115
    with made as source:
        source.write(content)
        source.seek(0)
        yield source


def _listen(child: subprocess.Popen[bytes], deadline: float, limits: Limits) -> bytes | None:
    """All the child says until it ends; None where it is not done at the deadline, nothing where it says too much."""
    assert child.stdout is not None
    said: list[bytes] = []
    total = 0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - clock.monotonic())):
                return None
            heard = os.read(child.stdout.fileno(), 1 << 20)
            if not heard:
                return b"".join(said)
            said.append(heard)
            total += len(heard)
            if total > limits.memory:
                return b""


def _grids(header: dict[str, Any], body: memoryview, limits: Limits, look: read_zip.Look | None) -> Iterator[Grid]:
    """Decodes the child's columns; anything that does not add up is an error, for the child is not to be trusted."""
    place = 0

    def take(length: int) -> memoryview:
        nonlocal place
        if not 0 <= length <= len(body) - place:
            raise ValueError(length)
        place += length
        return body[place - length : place]

    cells = 0
    for sheet in header["sheets"]:
        height, width = int(sheet["height"]), int(sheet["width"])
        cells += height * width
        if height < 0 or width < 0 or cells > limits.cells or len(sheet["columns"]) != width:
            raise ValueError(sheet["name"])
        columns = []
        for column in sheet["columns"]:
            kinds = column["kinds"]
            kinds = bytes(take(kinds)) if isinstance(kinds, int) else kinds.encode() * height
            parts = {ord(kind): _values(kind, count, take(length)) for kind, count, length in column["parts"]}
            columns.append(_column(np.frombuffer(kinds, np.uint8), height, parts))
        merged = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in sheet["merged"])
        part = look.part(str(sheet["name"])) if look else read_zip.Part()
        cells += _name_errors(columns, part.errors, limits, limits.cells - cells)
        yield Grid(str(sheet["name"]), bool(sheet["visible"]), tuple(columns), merged, tuple(part.unanswered))


def _column(kinds: Bytes, height: int, parts: dict[int, tuple[list[Any], Codes]]) -> Column:
    """The column whose rows take the next cell of the part that their kind names, or none ('n')."""
    codes = np.zeros(height, np.int32)
    values: list[Cell] = [None]
    left = height - np.count_nonzero(kinds == ord("n"))
    for kind, (distinct, places) in parts.items():
        # Fewer or more cells than rows of a kind, or too few kinds, are errors here.
        codes[kinds == kind] = places + np.int32(len(values))
        values += distinct
        left -= len(places)
    if left or len(kinds) != height:
        raise ValueError(left)
    return Column(values, codes)


def _name_errors(columns: list[Column], errors: list[tuple[int, int, str]], limits: Limits, room: int) -> int:
    """Puts the name of each error where the reader left a blank, in at most `room` more cells; → the cells added."""
    errors = [(row, column, name) for row, column, name in errors if row < limits.rows and column < limits.columns]
    if not errors:
        return 0
    height = len(columns[0]) if columns else 0
    high = max(height, *(row + 1 for row, _, _ in errors))
    wide = max(len(columns), *(column + 1 for _, column, _ in errors))
    more = high * wide - height * len(columns)
    if more > room:
        errors = [(row, column, name) for row, column, name in errors if row < height and column < len(columns)]
        high, wide, more = height, len(columns), 0
    columns += [Column.blanks(height) for _ in range(wide - len(columns))]
    for place, column in enumerate(columns):
        codes = np.append(column.codes, np.zeros(high - height, np.int32))
        names = list(dict.fromkeys(name for _, at, name in errors if at == place))
        for row, at, name in errors:
            if at == place and codes[row] == 0:
                codes[row] = len(column.values) + names.index(name)
        columns[place] = Column([*column.values, *map(CellError, names)], codes)
    return more


def _values(kind: str, count: int, blob: memoryview) -> tuple[list[Any], Codes]:
    """The distinct values of one type that a blob holds, and which each is; ValueError where they are not `count`."""
    if kind in DTYPES:
        # A copy begins where numbers may begin; the blob begins where the one before it ended.
        encoded = pa.array(np.frombuffer(blob, DTYPES[kind]).copy()).dictionary_encode()
        codes, distinct = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    else:
        if kind == "s" and bytes(blob[:1]) == b"j":
            listed = str(blob[1:], "utf-8").split(SEPARATOR)
        else:
            listed = json.loads(bytes(blob[1:] if kind == "s" else blob))
            if kind not in ("s", "e", "i", "h") or set(map(type, listed)) - {int if kind == "i" else str}:
                raise ValueError(kind)
        distinct = list(dict.fromkeys(listed))
        if len(distinct) == len(listed):
            codes = np.arange(len(listed), dtype=np.int32)
        else:
            place = {value: number for number, value in enumerate(distinct)}
            codes = np.fromiter(map(place.__getitem__, listed), np.int32, len(listed))
    if len(codes) != count:
        raise ValueError(count)
    make = MAKE.get(kind)
    return list(map(make, distinct)) if make else distinct, codes


# How the types of cells that are sent as numbers are laid out, and how a cell is made of what was sent.
DTYPES = {"f": "f8", "d": "i4", "t": "i8", "p": "i8", "b": "u1"}
MAKE: dict[str, Callable[[Any], Cell]] = {
    "b": bool,
    "d": date.fromordinal,
    "e": CellError,
    "h": time.fromisoformat,
    "p": lambda moment: timedelta(microseconds=moment),
    "t": lambda moment: EPOCH + timedelta(microseconds=moment),
}


def _has_password(content: bytes) -> bool:
    """Whether a BIFF workbook says, right after its beginning, that it is enciphered (the FILEPASS record, 0x002F)."""
    for version in (b"\x00\x06", b"\x00\x05"):
        for length in (16, 8):
            start = content.find(b"\x09\x08" + bytes([length, 0]) + version + b"\x05\x00")
            place = start + 4 + length
            for _ in range(8 if start >= 0 else 0):
                kind = int.from_bytes(content[place : place + 2], "little")
                if kind == 0x2F:
                    return True
                place += 4 + int.from_bytes(content[place + 2 : place + 4], "little")
    return False
