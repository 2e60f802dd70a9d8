"""How text that may hold names from spreadsheets is kept from being taken for markup."""

import re

_LIST = re.compile(r"^(\d*)([.)+-])(?=\s)")
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#$~|]")
# Names of icons and colours are looked for when the backslashes are gone: a mark without width keeps them apart.
_DIRECTIVE = re.compile(r":(?=[a-zA-Z+_-])")
# What looks like an address becomes a link by itself, whatever is escaped: it is taken apart in the same way.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)


def plain(text: str) -> str:
    """Text that may hold names from spreadsheets, so that none of it is taken for markup."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", _ADDRESS.sub("\u2060", text.replace("&", "&amp;")))
    return _LIST.sub(r"\1\\\2", _DIRECTIVE.sub(":\u2060", escaped))
