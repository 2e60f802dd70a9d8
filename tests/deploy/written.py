"""What the Dockerfile and compose.yaml say, as far as running the same without containers needs it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SITE = "figures.park.example"


@dataclass(frozen=True)
class Line:
    """One instruction of a Dockerfile, its continued lines in one."""

    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What it is given: a JSON list or words."""
        told = self.rest.strip()
        return [str(one) for one in json.loads(told)] if told.startswith("[") else shlex.split(told)


def dockerfile() -> list[Line]:
    """The Dockerfile's instructions in order."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [Line(*line.split(None, 1)) for line in text.splitlines() if line.strip()]


def given(word: str) -> list[Line]:
    """All instructions of one kind."""
    return [line for line in dockerfile() if line.word == word]


def compose(**environment: str) -> dict[str, Any]:
    """compose.yaml with the variables that it takes from outside filled in. Raises KeyError where one must be set."""

    def fill(found: re.Match[str]) -> str:
        name, sign, otherwise = found.group(1), found.group(2), found.group(3)
        if environment.get(name):
            return environment[name]
        if sign == ":-":
            return otherwise or ""
        raise KeyError(name)

    def filled(told: Any) -> Any:
        if isinstance(told, str):
            return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", fill, told)
        if isinstance(told, dict):
            return {name: filled(value) for name, value in told.items()}
        return [filled(one) for one in told] if isinstance(told, list) else told

    told = filled(yaml.safe_load((ROOT / "compose.yaml").read_text()))
    assert isinstance(told, dict)
    return told


def build(folder: Path) -> Path:
    """What the COPY lines bring into the image, and nothing else: where the app's folder is then."""
    app = folder / "app"
    for line in given("COPY"):
        *sources, target = line.words
        for source in sources:
            found = ROOT / source
            if found.is_dir():
                shutil.copytree(found, app / target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            else:
                (app / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(found, app / target)
    return app


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    return dict(word.split("=", 1) for line in given("ENV") for word in line.words)


def elsewhere(told: Any, places: Mapping[str, str]) -> Any:
    """The same words with other places in them: folders and ports of a test instead of those of a container."""
    if isinstance(told, str):
        for here, there in places.items():
            told = told.replace(here, there)
        return told
    if isinstance(told, Mapping):
        return {name: elsewhere(value, places) for name, value in told.items()}
    return [elsewhere(one, places) for one in told]


def unit() -> Iterator[tuple[str, str, str]]:
    """The systemd unit: section, name, value."""
    section = ""
    for line in (ROOT / "deploy" / "essaim.service").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield section, name, value
