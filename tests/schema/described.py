"""An OpenAPI document of our own routes, out of the table of rules and the table of what each may answer."""

from __future__ import annotations

import re
from typing import Any

from starlette.routing import Route

from access.guard import EVERYBODY, RULES, rule_for

# What each may answer, of those who may ask; what the guard says before is the same for all.
ANSWERS: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/healthz"): (200,),
    ("GET", "/session"): (204, 401),
    ("GET", "/signin"): (200, 303),
    ("POST", "/signin"): (303, 403),
    ("POST", "/signout"): (303,),
    ("GET", "/setup/{token}"): (200, 404),
    ("POST", "/setup/{token}"): (303, 404, 422),
    ("GET", "/account"): (200,),
    ("POST", "/account/password"): (303, 403, 422),
    ("POST", "/account/totp"): (303, 403, 422),
    ("POST", "/account/sessions"): (303, 403, 422),
    ("GET", "/download/{ticket}"): (200, 404),
    ("GET", "/oidc/start"): (303, 404),
    ("GET", "/oidc/callback"): (303, 404),
}
# 400, 403, 404, 413, 429, 503: no number, not from here, not there, too large, too much, too many at once.
GUARDS = (400, 403, 404, 413, 429, 503)
FIELDS = ("csrf", "name", "password", "again", "old", "new", "code", "next", "lang", "session", "act", "do")


def document(routes: list[Route]) -> dict[str, Any]:
    """The document; raises KeyError where a route has no answers, LookupError where no rule lets it be asked."""
    paths: dict[str, Any] = {}
    for route in routes:
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            example = re.sub(r"\{\w+\}", "t" * 43, route.path)
            rule = rule_for(method, example)
            if rule is None:
                raise LookupError(f"{method} {route.path}")
            answers = {*ANSWERS[method, route.path], *GUARDS, *((303,) if rule.page and rule.who != EVERYBODY else ())}
            told: dict[str, Any] = {
                "operationId": f"{rule.name}{'-' + route.path.rsplit('/', 1)[1] if method == 'POST' else ''}",
                "parameters": [*map(_in_path, re.findall(r"\{(\w+)\}", route.path)), *map(_asked, ("lang", "next"))],
                "responses": {str(status): {"description": "."} for status in sorted(answers)},
            }
            if rule.body:
                told["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": _FORM}}}
            paths.setdefault(route.path, {})[method.lower()] = told
    return {"openapi": "3.1.0", "info": {"title": "Essaim", "version": "1"}, "paths": paths}


def unanswered(routes: list[Route]) -> set[str]:
    """The rules of our own that no route answers; those before the guard have their own description."""
    asked = {
        rule.name
        for route in routes
        for method in route.methods or {"GET"}
        if (rule := rule_for(method, re.sub(r"\{\w+\}", "t" * 43, route.path)))
    }
    elsewhere = {
        rule.name
        for rule in RULES
        if rule.theirs or rule.front or rule.name.startswith("page-") or "static" in rule.path
    }
    return {rule.name for rule in RULES} - asked - elsewhere - {"the-socket", "park-answers"}


_FORM = {"type": "object", "properties": {name: {"type": "string", "maxLength": 200} for name in FIELDS}}


def _in_path(name: str) -> dict[str, Any]:
    shape = {"type": "string", "pattern": "^[A-Za-z0-9_-]{20,128}$"}
    return {"name": name, "in": "path", "required": True, "schema": shape}


def _asked(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", "maxLength": 300}}
