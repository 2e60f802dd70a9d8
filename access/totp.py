"""Codes that an app on a telephone shows at sign-in (TOTP, RFC 6238: SHA-1, six digits, 30 seconds)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

import pyotp

STEP = 30
# A clock may be one step off, either way.
DRIFT = 1
ISSUER = "Essaim"


@dataclass(frozen=True)
class Enrolment:
    """What the person's app must learn: `secret` (base32, 160 bits) to type, `uri` to show as a QR code."""

    secret: str
    uri: str


def offer(name: str) -> Enrolment:
    """A fresh secret for the account of this name."""
    secret = pyotp.random_base32()
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def step_of(secret: str, code: str | None, now: datetime) -> int | None:
    """The 30-second step whose code this is, within the drift; None where it is none of them.

    The caller refuses a step that is not later than the last one used, so that a code seen once is good no more.
    """
    typed = re.sub(r"\s", "", code or "")
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    made = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP
    found = None
    for step in range(current - DRIFT, current + DRIFT + 1):
        if compare_digest(made.generate_otp(step), typed):
            found = step
    return found
