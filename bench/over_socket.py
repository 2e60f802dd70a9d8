"""A filter change over Streamlit's socket, without a browser: what it costs a server that has the cores for itself.

A browser that draws on the same two cores takes their caches, too, and the same change costs the server more. Beside
ours stands the page that the bounds were taken from: four tiles and four charts of fifty points that never change.
"""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench.contenders import PLAIN, STREAMLIT, Running, Settled, essaim
from bench.measure import Measured
from bench.pages import CHANGE, PARKS, SITES
from bench.park import STATED_ON
from bench.server import free_port, running
from metrics import period

_MEDIA = re.compile(rb"/media/[\w.-]+")
_ROUNDS, _QUIET = 3, 0.5


@dataclass
class Reader:
    """One open page: which widget filters by site, and what every run sent."""

    line: ClientConnection
    running: Running
    cookie: str
    query: str = ""
    site: str = ""
    seen: set[bytes] = field(default_factory=set)
    tiles: list[str] = field(default_factory=list)

    def run(self, sites: tuple[str, ...], hosted: int | None = None) -> None:
        """Chooses these sites and takes in all that is shown of them; raises RuntimeError where the first tile does not
        show `hosted`."""
        told = BackMsg()
        told.rerun_script.query_string = "&".join([self.query, *(f"site={name}" for name in sites)])
        if self.site:
            state = told.rerun_script.widget_states.widgets.add()
            state.id = self.site
            state.string_array_value.data.extend(sites)
        self.line.send(told.SerializeToString())
        for path in self._answer():
            request = urllib.request.Request(self.running.server.url + path, headers={"Cookie": self.cookie})
            with urllib.request.urlopen(request) as answer:
                answer.read()
        if hosted is not None and re.sub(r"\D", "", self.tiles[0]) != str(hosted):
            raise RuntimeError(f"{self.tiles} is shown of {sites}, whose hosted firms are {hosted}")

    def _answer(self) -> list[str]:
        """The files that the run speaks of and that a browser would have to ask for."""
        files: list[str] = []
        self.tiles.clear()
        while True:
            content = self.line.recv(timeout=60)
            assert isinstance(content, bytes)
            new = set(_MEDIA.findall(content)) - self.seen
            self.seen |= new
            files += [path.decode() for path in new]
            message = ForwardMsg()
            message.ParseFromString(content)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                return files
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                inner = getattr(element, element.WhichOneof("type") or "", None)
                if element.WhichOneof("type") == "metric":
                    self.tiles.append(element.metric.body)
                identifier = getattr(inner, "id", "")
                if isinstance(identifier, str) and identifier.endswith("-site"):
                    self.site = identifier


@contextmanager
def reading(running: Running, query: str = "") -> Iterator[Reader]:
    """The page opened once, over a socket that stays open."""
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in running.cookies)
    with connect(
        running.server.url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(running.server.url),
        additional_headers={"Cookie": cookie} if cookie else {},
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        proxy=None,
    ) as line:
        reader = Reader(line, running, cookie, query)
        reader.run(())
        yield reader


@contextmanager
def least(folder: Path) -> Iterator[Running]:
    """The page of four tiles and four charts and no more, collecting as little garbage as ours."""
    port = free_port()
    quiet = ["--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    command = [*STREAMLIT, "with_streamlit_alone.py", "--server.port", str(port), *quiet]
    with running(command, port, "/_stcore/health", PLAIN, folder / "alone.log", {}) as server:
        yield Running(server)


def choices(names: list[str]) -> list[tuple[str, ...]]:
    """Every choice of some of the sites."""
    return [chosen for number in range(1, len(names) + 1) for chosen in combinations(names, number)]


def series(reader: Reader, steps: Sequence[tuple[str, ...]], hosted: Mapping[tuple[str, ...], int | None]) -> float:
    """CPU seconds of the server for one run: of all, one after the other, and of what it does when they are done."""
    time.sleep(_QUIET)
    before = reader.running.server.cpu()
    for chosen in steps:
        reader.run(chosen, hosted[chosen])
    time.sleep(_QUIET)
    return (reader.running.server.cpu() - before) / len(steps)


def measure(folder: Path) -> list[Measured]:
    """Both parks; the two servers take turns."""
    measured = []
    for firms, sites, _ in PARKS:
        park = Settled(folder / f"socket-{firms}", firms, sites)
        with ExitStack() as stack:
            server = stack.enter_context(essaim(park, None))  # type: ignore[arg-type]
            other = stack.enter_context(reading(stack.enter_context(least(folder))))
            steps = choices(park.sites[:SITES])
            # A server that has been asked before, but not this: another day's figures.
            with reading(server, f"as_of={period.before(STATED_ON, months=1)}") as earlier:
                series(earlier, steps, dict.fromkeys(steps))
            ours = stack.enter_context(reading(server))
            hosted = {chosen: park.hosted(frozenset(chosen)) for chosen in steps}
            bare = [series(other, [()] * len(steps), {(): None}) for _ in range(2)]
            fresh = series(ours, steps, hosted)
            again: list[float] = []
            for _ in range(_ROUNDS):
                again.append(series(ours, steps, hosted))
                bare.append(series(other, [()] * len(steps), {(): None}))
        of = f"overview of {firms:,} firms on {sites} sites, over the socket"
        told = (
            ("filter change: server", "essaim", fresh, len(steps), CHANGE[firms]),
            ("filter change to what was asked before: server", "essaim", median(again), len(steps) * _ROUNDS, None),
            (
                "four tiles and four charts that never change: server",
                "plain Streamlit",
                median(bare[1:]),
                len(steps) * _ROUNDS,
                None,
            ),
        )
        measured += [Measured(f"{of}, {what}", name, value, runs, bound) for what, name, value, runs, bound in told]
    return measured
