"""What is said of attempts that failed, never which part of them was wrong."""

from __future__ import annotations

from access.accounts import Weak
from access.sign_in import Refused
from words import Words


def too_old(t: Words) -> str:
    """The form was not ours, or from before the session: said so that an honest reader only presses again."""
    return t("The page had been open for too long. Please try again.")


def waiting(t: Words, seconds: int) -> str:
    """How long somebody has to wait, in the unit that a person would use."""
    if seconds < 90:
        return t.many("Wait {n:,} second and try again.", "Wait {n:,} seconds and try again.", seconds)
    minutes = -(-seconds // 60)
    return t.many("Wait {n:,} minute and try again.", "Wait {n:,} minutes and try again.", minutes)


def refused(t: Words, told: Refused) -> tuple[str, str]:
    """What to say of a sign-in that failed: never which part of it was wrong. The second is about the code."""
    if told.wait:
        return t("Too many attempts failed.") + " " + waiting(t, told.wait), ""
    if told.totp_needed:
        wrong = t("A code is needed, too: write it below your password.")
        return wrong, t("Write the six digits that your authenticator app shows now.")
    return t("That did not work: the name, the password or the code is not right."), ""


def weak_words(t: Words, weak: Weak) -> str:
    """Why a password is not taken."""
    return t(weak.sentence, **getattr(weak, "details", {}))
