"""THE table of what each must answer to whom; what the code has and this table has not fails, and the other way round.

It repeats what guard.RULES, PAGES and roles.MAY say, on purpose: who changes one of them has to mean it twice.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "nobody"
# Everybody inside, a role and, after the @, the one site it is limited to.
INSIDE = ("leader", "leader@Rabat", "analyst", "analyst@Rabat", "publisher", "admin")
READERS = (NOBODY, *INSIDE)
ANALYSTS = ("analyst", "analyst@Rabat", "publisher", "admin")
PUBLISHERS = ("publisher", "admin")
ADMINS = ("admin",)
LIMITED = ("leader@Rabat", "analyst@Rabat")
LEADERS = ("leader", "leader@Rabat")

# Who opens which page.
PAGES: dict[str, tuple[str, ...]] = {
    "overview": INSIDE,
    "entries": INSIDE,
    "sites": INSIDE,
    "survival": INSIDE,
    "cohorts": INSIDE,
    "firms": INSIDE,
    "history": ANALYSTS,
    "lists": ANALYSTS,
    "upload": ANALYSTS,
    "releases": PUBLISHERS,
    "definitions": INSIDE,
    "persons": ADMINS,
    "accounts": ADMINS,
    "audit": ADMINS,
    "first_run": INSIDE,
}

ONCE = "t" * 43


@dataclass(frozen=True)
class Row:
    """One request of a rule: whom it is for with what it answers them, and what it answers nobody and the others."""

    rule: str
    method: str
    path: str
    mine: tuple[str, ...]
    inside: int
    nobody: int
    refused: int = 404


ROWS = (
    Row("process-answers", "GET", "/healthz", READERS, 200, 200),
    Row("park-answers", "GET", "/readyz", READERS, 200, 200),
    Row("is-signed-in", "GET", "/session", READERS, 204, 401),
    Row("sign-in", "GET", "/signin", READERS, 303, 200),
    Row("sign-in-form", "POST", "/signin", READERS, 403, 403),
    Row("sign-out", "POST", "/signout", READERS, 303, 303),
    Row("set-up", "GET", f"/setup/{ONCE}", READERS, 404, 404),
    Row("set-up-form", "POST", f"/setup/{ONCE}", READERS, 404, 404),
    Row("sign-in-elsewhere", "GET", "/oidc/start", READERS, 404, 404),
    Row("back-from-elsewhere", "GET", "/oidc/callback", READERS, 404, 404),
    Row("what-signing-in-looks-like", "GET", "/app/static/door.css", READERS, 200, 200),
    Row("account", "GET", "/account", INSIDE, 200, 303),
    Row("account-form", "POST", "/account/password", INSIDE, 403, 303),
    Row("account-form", "POST", "/account/totp", INSIDE, 403, 303),
    Row("account-form", "POST", "/account/sessions", INSIDE, 403, 303),
    Row("download", "GET", f"/download/{ONCE}", INSIDE, 404, 303),
    Row("files-of-ours", "GET", "/app/static/essaim.css", INSIDE, 200, 404),
    Row("files-of-streamlit", "GET", "/static/js/none.js", INSIDE, 404, 404),
    Row("streamlit-is-well", "GET", "/_stcore/health", INSIDE, 200, 404),
    Row("streamlits-host", "GET", "/_stcore/host-config", INSIDE, 200, 404),
    Row("the-socket", "WEBSOCKET", "/_stcore/stream", INSIDE, 101, 403),
    Row("upload-a-file", "PUT", "/_stcore/upload_file/a/b", ANALYSTS, 403, 404),
    Row("take-a-file-back", "DELETE", "/_stcore/upload_file/a/b", ANALYSTS, 403, 404),
    Row("pictures-and-tables", "GET", "/media/none.csv", INSIDE, 404, 404),
    # What everybody may see: no release stands in this park, and pages say so.
    Row("public-pages", "GET", "/stats", READERS, 308, 308),
    Row("public-pages", "GET", "/stats/en/", READERS, 200, 200),
    Row("public-pages", "HEAD", "/stats/en/", READERS, 200, 200),
    Row("public-pages", "GET", "/stats/2020.csv", READERS, 404, 404),
    Row("public-pages", "GET", "/stats/manifest.json", READERS, 404, 404),
    Row("public-pages", "GET", "/stats/standing.json", READERS, 404, 404),
    Row("public-pages", "GET", "/stats/../ledger.sqlite", READERS, 404, 404),
    Row("public-pages", "GET", "/stats/%2e%2e/%2e%2e/ledger.sqlite", READERS, 404, 404),
    Row("public-figures", "GET", "/api/v1/metrics", READERS, 200, 200),
    Row("public-figures", "GET", "/api/v1", READERS, 404, 404),
    Row("public-figures", "GET", "/api/v1/metrics/median_stay.json", READERS, 404, 404),
    Row("public-figures", "GET", "/api/v1/metrics/hosted.json?release=1", READERS, 404, 404),
    # Nobody has a link here: one that was signed by nobody is as none.
    Row("partner-pages", "GET", f"/partner/{ONCE}", READERS, 404, 404),
    Row("partner-pages", "GET", f"/partner/{ONCE}.{ONCE}/", READERS, 404, 404),
    Row("partner-pages", "HEAD", f"/partner/{ONCE}.{ONCE}/fr/index.html", READERS, 404, 404),
    Row("partner-pages", "GET", f"/partner/{ONCE}.{ONCE}/%2e%2e/%2e%2e/ledger.sqlite", READERS, 404, 404),
    Row("public-figures-asked", "OPTIONS", "/api/v1/metrics", READERS, 204, 204),
    *(
        Row(f"page-{name}", "GET", "/" if name == "overview" else f"/{name}", readers, 200, 303)
        for name, readers in PAGES.items()
        if name != "first_run"
    ),
)

# What is refused alike to everybody: doing anything to what all may read, what Streamlit has besides, ways up and out.
NOTHING_THERE = (
    *((method, path) for path in ("/api/v1/metrics", "/stats/en/") for method in ("POST", "PUT", "DELETE", "PROPFIND")),
    ("GET", "/api"),
    ("GET", "/api/v2/metrics"),
    ("GET", "/statsandmore"),
    ("GET", "/partner"),
    ("GET", "/partner/"),
    ("POST", f"/partner/{ONCE}.{ONCE}/"),
    ("GET", "/stats/%00"),
    ("OPTIONS", "/stats/en/"),
    ("GET", "/_stcore/metrics"),
    ("GET", "/_stcore/upload_file/a/b"),
    ("GET", "/_stcore/agent/run"),
    ("GET", "/_stcore/script-health-check"),
    ("GET", "/component/a/b.js"),
    ("GET", "/first_run"),
    ("GET", "/nothing"),
    ("GET", "/static/../app.py"),
    ("GET", "/app/static/../../data/ledger.py"),
    ("GET", "/app/static/%2e%2e/frame.py"),
    ("GET", "/static/..%2f..%2fapp.py"),
    ("GET", "/app/static/..%5c..%5cframe.py"),
    ("GET", "/media/%2e%2e/%2e%2e/etc/passwd"),
    ("GET", "/media//etc/passwd"),
    ("GET", "/download/../ledger.sqlite"),
    ("PROPFIND", "/"),
    ("OPTIONS", "/"),
    ("PUT", "/entries"),
)

# Files that are handed out once, by the key of their button, and what a reader has to be allowed for them.
HANDED = {"original": "originals", "coloured": "upload", "log_file": "audit", "person": "erase"}

# The command line asks nobody who they are: whoever has the ledger's file has it all. It prints no firm and no person
# but where that is asked for: by these words.
COMMANDS: dict[str, tuple[list[str], ...]] = {
    "access": (["list"], ["list", "--json"], ["sessions"], ["log"], ["log", "--json"], ["verify"]),
    "data": (["uploads"], ["verify"]),
}
# Those that change accounts: they say who may come in, nothing of the park.
CHANGING = {"add", "role", "disable", "enable", "reset", "setup", "link"}
