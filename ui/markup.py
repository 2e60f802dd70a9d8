"""How text that may hold names from spreadsheets is kept from being taken for markup."""

import re

_LIST = re.compile(r"^(\d*)([.)+-])(?=\s)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#$~|]|:(?=[a-z]))")


def plain(text: str) -> str:
    """Text that may hold names from spreadsheets, so that none of it is taken for markup."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", text))
