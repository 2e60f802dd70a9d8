"""What was handed out, as its receipts are told: releases, and editions of them for organisations."""

from __future__ import annotations

from datetime import date

from data.ledger import EDITION, EDITION_PROPOSED, EDITION_WITHDRAWN, EDITIONS, PROPOSED, RELEASE, WITHDRAWN, Receipt
from words import Words


def said(t: Words, receipt: Receipt) -> str:
    """What was done with a release, in words."""
    number = receipt.body.get("number", receipt.body.get("release"))
    if receipt.action in EDITIONS:
        names = {"number": number, "audience": receipt.body["audience"]}
        if receipt.action == EDITION_WITHDRAWN:
            return t("release {number} for {audience} withdrawn", **names)
        if receipt.action == EDITION_PROPOSED:
            return t("release {number} proposed for {audience}", **names)
        return t("release {number} given to {audience}", **names)
    if receipt.action == WITHDRAWN:
        return t("release {number} withdrawn", number=number)
    days = {"number": number, "as_of": date.fromisoformat(receipt.body["as_of"])}
    if receipt.action == PROPOSED:
        return t("release {number} proposed, situation on {as_of}", **days)
    return t("release {number} published, situation on {as_of}", **days)


def acts(t: Words) -> dict[str, str]:
    """What each such receipt is, in a word or two."""
    release, proposal, gone = t("release"), t("proposal of a release"), t("withdrawal of a release")
    return {
        RELEASE: release,
        EDITION: release,
        PROPOSED: proposal,
        EDITION_PROPOSED: proposal,
        WITHDRAWN: gone,
        EDITION_WITHDRAWN: gone,
    }
