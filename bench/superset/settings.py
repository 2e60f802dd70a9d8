"""Superset's settings for a measurement: SQLite, one process that caches answers, no tokens against foreign forms."""

import os

SECRET_KEY = "for a server that lives for minutes on loopback"
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA"]
# The park is a SQLite file, too.
PREVENT_UNSAFE_DB_CONNECTIONS = False
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
# Answers are cached by every contender; without this Superset would ask its database again.
_MEMORY = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 86_400, "CACHE_THRESHOLD": 5_000}
CACHE_CONFIG = DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = _MEMORY
