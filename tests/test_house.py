"""The house keeps its shape: imports point one way, a library has one owner, files are where a reader looks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each may import those after it; access stands beside, for app and ui alone, and words for all that speak to readers.
# Accounts live in the ledger's database, so access may import data, which knows nothing of it.
ORDER = ("app", "pages", "ui", "publish", "charts", "metrics", "data")
BESIDE = {"access": {"app", "ui"}, "words": {"app", "access", "pages", "ui", "publish", "charts"}}

OWNERS = {
    "streamlit": {"app", "pages", "ui"},
    "starlette": {"app", "access"},
    "plotly": {"charts"},
    "kaleido": {"charts"},
    "babel": {"words"},
    "brotli": {"access", "publish"},
    "jinja2": {"access", "publish"},
    "scipy": {"metrics", "publish"},
    "duckdb": {"data"},
    "sqlalchemy": {"data", "access"},
    "argon2": {"access"},
    "pyotp": {"access"},
    "segno": {"access"},
    "authlib": {"access"},
    "joserfc": {"access"},
    "uvicorn": {"access"},
    "pyarrow": {"data"},
    "python_calamine": {"data"},
    "openpyxl": {"data"},
    "rapidfuzz": {"data"},
}
# What a figure or a table is called where it is handed over, in annotations only.
NAMED_ONLY = {("ui", "plotly")}

FORBIDDEN_FOLDERS = {"utils", "services", "core", "helpers"}
FORBIDDEN_TEXT = re.compile(
    r"/work/|/opt/(wheels|pypi)|/root/|/home/[a-z]|/tmp/|(files\.pythonhosted|pypi|registry\.npmjs|deb\.debian|crates)\.(org|io)"
)
UNSAFE_HTML = re.compile("unsafe_allow" + "_html=True")


def tracked() -> list[Path]:
    """What git tracks or would track: everything but what .gitignore names."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in (ROOT / name for name in names) if path.is_file()]


FILES = tracked()
CODE = [path for path in FILES if path.suffix == ".py"]
HOUSE = {*ORDER, *BESIDE}


def home(path: Path) -> str:
    """The folder at the root that a file lives in, or its own name for app.py."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Every imported module's first name, wherever the import stands, and whether that is under `if TYPE_CHECKING`."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], id(node) in typing_only
        elif isinstance(node, ast.ImportFrom):
            first = package[0] if node.level else (node.module or "").split(".")[0]
            yield first, id(node) in typing_only
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("__import__", "import_module", "importlib.import_module")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value).split(".")[0], False


@cache
def imported(path: Path) -> set[tuple[str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return set(imports(tree, path.relative_to(ROOT).parts))


def may_import(importer: str, wanted: str) -> bool:
    """Whether code in one folder of the house may import another's."""
    if importer == wanted:
        return True
    if wanted in BESIDE:
        return importer in BESIDE[wanted]
    if importer == "access":
        return wanted == "data"
    return importer in ORDER and ORDER.index(importer) < ORDER.index(wanted)


def test_there_is_code_to_look_at() -> None:
    assert {"app", "pages", "ui", "charts", "metrics", "data", "access"} <= {home(path) for path in CODE}


def test_imports_point_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {wanted}"
        for path in CODE
        if home(path) in HOUSE
        for wanted, _ in imported(path)
        if wanted in HOUSE and not may_import(home(path), wanted)
    ]
    assert not wrong


def test_the_house_imports_nothing_of_its_tests_or_measurements() -> None:
    wrong = [path for path in CODE if home(path) in HOUSE and {name for name, _ in imported(path)} & {"tests", "bench"}]
    assert not wrong


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_library_has_one_owner(library: str) -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in CODE
        if home(path) in HOUSE - OWNERS[library]
        for name, typing_only in imported(path)
        if name == library and not (typing_only and (home(path), library) in NAMED_ONLY)
    ]
    assert not wrong
    assert any(library in {name for name, _ in imported(path)} for path in CODE if home(path) in OWNERS[library]), (
        f"nobody uses {library}: take it out of pyproject.toml and of this list"
    )


def test_openpyxl_reads_xml_with_defusedxml() -> None:
    """Nobody imports defusedxml: openpyxl parses with it where it is installed."""
    from openpyxl.xml import DEFUSEDXML

    assert DEFUSEDXML


def test_what_is_imported_is_declared() -> None:
    """A library that only comes along with another one can go away with it."""
    names = {"SQLAlchemy": "sqlalchemy", "python-calamine": "python_calamine", "RapidFuzz": "rapidfuzz"}
    names |= {"argon2-cffi": "argon2", "Authlib": "authlib", "Jinja2": "jinja2"}
    lines = re.findall(r'^    "([A-Za-z0-9-]+)[><=]', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    declared = {names.get(line, line) for line in lines}
    outside = {
        name
        for path in CODE
        if home(path) in HOUSE
        for name, _ in imported(path)
        if name not in sys.stdlib_module_names
    }
    assert outside - HOUSE - declared == set()


def test_pages_are_short_and_alone() -> None:
    pages = [path for path in FILES if home(path) == "pages"]
    assert pages
    assert all(path.suffix == ".py" for path in pages)
    assert {path.name: lines for path in pages if (lines := len(path.read_text().splitlines())) > 60} == {}


def test_a_page_holds_no_sql_and_no_figure() -> None:
    for path in (path for path in CODE if home(path) == "pages"):
        assert not re.search(r"\bselect\b.*\bfrom\b|\.query\(", path.read_text()), path.name


def test_no_folder_is_a_drawer_for_everything() -> None:
    folders = {part for path in FILES for part in path.relative_to(ROOT).parts[:-1]}
    assert folders & FORBIDDEN_FOLDERS == set()


def test_no_module_of_ui_or_pages_hides_a_standard_one() -> None:
    """Streamlit puts the script's folder first on the path, so ui/calendar.py would be everybody's calendar."""
    names = {path.stem for path in CODE if home(path) in ("ui", "pages")} - {"__init__"}
    assert names & set(sys.stdlib_module_names) == set()


def test_every_module_says_what_it_knows() -> None:
    silent = [str(path.relative_to(ROOT)) for path in CODE if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent


def test_every_view_says_what_one_row_is() -> None:
    silent = [
        path.name
        for path in FILES
        if path.suffix == ".sql" and path.parent.name == "model"
        if not path.read_text(encoding="utf-8").startswith("-- ")
    ]
    assert not silent
    assert any(path.parent.name == "model" for path in FILES)


def test_no_code_among_the_translations() -> None:
    assert [path for path in CODE if home(path) == "locale"] == []


def test_no_path_of_a_machine_and_no_registry() -> None:
    wrong = []
    for path in FILES:
        if path == Path(__file__).resolve():
            continue
        content = path.read_bytes()
        if b"\0" not in content and (found := FORBIDDEN_TEXT.search(content.decode("utf-8", "replace"))):
            wrong.append(f"{path.relative_to(ROOT)}: {found.group()}")
    assert not wrong


def test_no_html_is_made_of_data() -> None:
    assert [path for path in CODE if UNSAFE_HTML.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"^(--|http|-e|-f|-i)|file:/|://", text, flags=re.MULTILINE), (
        "an address or a path in the lock"
    )
    pins = re.findall(
        r"^[a-z0-9][\w.-]*==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, flags=re.MULTILINE
    )
    named = re.findall(r"^[A-Za-z0-9]", text, flags=re.MULTILINE)
    assert pins and len(pins) == len(named)


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))

    app, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: version for name, version in app.items() if dev.get(name) != version} == {}


@pytest.mark.xdist_group("together")
def test_tests_of_one_group_stay_on_one_worker(request: pytest.FixtureRequest) -> None:
    """What they share (an app, a browser) is started once; pytest-xdist says the group in the name of the test."""
    assert not getattr(request.config.option, "loadgroup", False) or request.node.nodeid.endswith("@together")
