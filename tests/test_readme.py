"""README and .env.example say what the code does; run as a module, this writes the README's table of metrics."""

from __future__ import annotations

import re
from pathlib import Path

from metrics import METRICS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
START, END = "<!-- metrics: written by `make readme` -->\n", "<!-- end of metrics -->\n"


def table() -> str:
    """The catalogue as a Markdown table, in the order in which it is declared."""
    rows = [
        f"| `{metric.name}` | {metric.label} | {metric.says} | {metric.unit} |".replace("\n", " ")
        for metric in METRICS.values()
    ]
    return "\n".join(["| name | label | what it means | unit |", "|---|---|---|---|", *rows]) + "\n"


def written() -> str:
    text = README.read_text(encoding="utf-8")
    return text[text.index(START) + len(START) : text.index(END)]


def test_the_table_of_metrics_is_the_catalogue() -> None:
    assert written() == table(), "run `make readme`"


def test_every_command_named_exists() -> None:
    text = README.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", text)) | set(re.findall(r"^make ([a-z]+)", text, flags=re.MULTILINE))
    assert {"run", "test", "check", "bench"} <= named <= targets
    modules = set(re.findall(r"python -m ([a-z]+)", text))
    assert {"data", "metrics"} <= modules
    assert all((ROOT / module / "__main__.py").exists() for module in modules)


def test_every_file_named_exists() -> None:
    tree = README.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    names = [line.split()[0] for line in tree.splitlines() if line.strip()]
    assert len(names) > 5
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_setting_is_in_the_example() -> None:
    """Settings the tests alone read are no settings of the app."""
    code = [
        ROOT / "app.py",
        *(
            path
            for name in ("access", "ui", "pages", "publish", "charts", "metrics", "data")
            for path in (ROOT / name).rglob("*.py")
        ),
    ]
    used = {name for path in code for name in re.findall(r"ESSAIM_[A-Z_]+", path.read_text(encoding="utf-8"))}
    listed = set(re.findall(r"^(ESSAIM_[A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert used == listed


def write() -> None:
    """Puts the table of the catalogue between its two marks."""
    text = README.read_text(encoding="utf-8")
    start, end = text.index(START) + len(START), text.index(END)
    README.write_text(text[:start] + table() + text[end:], encoding="utf-8")


if __name__ == "__main__":
    write()
