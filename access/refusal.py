"""What cannot be done to accounts, each with its code and the sentence for whoever wanted it."""

from __future__ import annotations

from typing import Any

from words import mark

REFUSALS = {
    "bad-name": mark("A name is 1 to 100 letters, digits, spaces and . _ - + ' @, and begins with a letter or digit."),
    "name-taken": mark("There is an account of this name already."),
    "unknown-account": mark("No account has this name."),
    "unknown-role": mark("There is no such role: {roles} are the roles."),
    "bad-sites": mark("A site is a name of 1 to 200 characters, and 200 sites are the most."),
    "last-admin": mark("This is the last admin who can sign in: make somebody else admin first."),
    "wrong-code": mark("The code is not the one that the app shows now."),
}


class Refusal(ValueError):
    """Something that cannot be done to accounts: `code` and `sentence` of REFUSALS, with `details` for its places."""

    code = ""

    def __init__(self, **details: Any) -> None:
        self.sentence, self.details = REFUSALS[self.code], details
        super().__init__(self.sentence.format(**details))


class BadName(Refusal):
    code = "bad-name"


class NameTaken(Refusal):
    code = "name-taken"


class UnknownAccount(Refusal):
    code = "unknown-account"


class UnknownRole(Refusal):
    code = "unknown-role"


class BadSites(Refusal):
    code = "bad-sites"


class LastAdmin(Refusal):
    code = "last-admin"


class WrongCode(Refusal):
    code = "wrong-code"
