"""What a dry run tells a machine beside its counts: every changed cell, and the headline figures before and after."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.changes import changes
from data.ledger import Conflict
from data.review import Review
from data.sheets import SHEETS

ROOT = Path(__file__).resolve().parent.parent


def told(review: Review) -> dict[str, Any]:
    """{"difference": {"cells", "added", "removed"}, "effect": [{"metric", "site", "before", "after"}, …]}.

    Both are None where there is nothing that could be accepted. Raises Conflict where the ledger goes on meanwhile.
    """
    draft = review.draft
    if draft is None:
        return {"difference": None, "effect": None}
    found = changes(SHEETS[draft.receipt.body["kind"]], draft.before, draft.after)
    difference = {name: getattr(found, name).to_pylist() for name in ("cells", "added", "removed")}
    # The figures are another room's: it is asked as anybody would ask it, by its command.
    asked = {"head": review.head, "trial": str(draft.trial), "receipts": [asdict(one) for one in draft.receipts]}
    command = [sys.executable, "-m", "metrics.effect"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Conflict(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "The figures were not given.")
    return {"difference": difference, "effect": json.loads(done.stdout)}
