"""What is taken away: a file, a text that stands in it once, what stands there instead, and the test that turns red."""

from __future__ import annotations

from dataclasses import dataclass

GUARD, DOOR, SIGHT = "tests/test_guard.py::", "tests/test_door.py::", "tests/test_sight.py::"
OPEN, API, EMBEDS = (f"tests/open/test_{name}.py::" for name in ("data", "api", "embeds"))
SESSIONS, SIGN_IN = "tests/inside/test_sessions.py::", "tests/inside/test_sign_in.py::"


@dataclass(frozen=True)
class Mutation:
    """One protection less. `soon`: so cheap to see that it is among those of `make test`."""

    name: str
    file: str
    was: str
    becomes: str
    test: str
    soon: bool = False


MUTATIONS = (
    # Before everything.
    Mutation(
        "a role asks for what is another's",
        "access/guard.py",
        "if rule.who != SESSION and not who.may(rule.who):",
        "if False:",
        GUARD + "test_everything_is_refused_that_is_not_somebodys",
    ),
    Mutation(
        "what no rule names goes through",
        "access/guard.py",
        "        if rule is None or rule.front:\n            return NOTHING()",
        "        if rule is None or rule.front:\n            return visit, RULES[0]",
        GUARD + "test_what_no_rule_names_is_not_there_even_for_an_admin",
    ),
    Mutation(
        "requests come from any page",
        "access/guard.py",
        "if not self._ours(headers, scope, rule):",
        "if False:",
        GUARD + "test_what_changes_something_comes_from_our_own_pages",
    ),
    Mutation(
        "who asks is who says so",
        "access/guard.py",
        'if not name.lower().replace(b"_", b"-").startswith(b"x-essaim-")',
        "if True",
        GUARD + "test_who_reads_is_said_by_the_guard_alone",
        soon=True,
    ),
    Mutation(
        "sockets outlive their sessions",
        "access/guard.py",
        "return now is not None and (now.role, now.sites) == (who.role, who.sites)",
        "return True",
        GUARD + "test_an_open_socket_is_cut_once_its_session_ends",
    ),
    Mutation(
        "sockets outlive a role",
        "access/guard.py",
        "return now is not None and (now.role, now.sites) == (who.role, who.sites)",
        "return now is not None",
        GUARD + "test_an_open_socket_is_cut_once_the_role_is_another",
    ),
    Mutation(
        "sockets are not looked at",
        "access/sockets.py",
        "looking = asyncio.create_task(self._look(), name=",
        "looking = asyncio.create_task(asyncio.sleep(99), name=",
        GUARD + "test_an_open_socket_is_cut_where_nobody_can_say_whether_it_may_be",
    ),
    Mutation(
        "the token goes on to Streamlit",
        "access/guard.py",
        'without(value, (PLAIN_COOKIE, HOST_COOKIE)) if name == b"cookie" else value',
        "value",
        GUARD + "test_the_token_goes_no_further",
    ),
    Mutation(
        "two cookies are one",
        "access/guard.py",
        "token = found.pop() if len(found) == 1 else",
        "token = max(found) if found else",
        GUARD + "test_two_cookies_of_one_name_are_none",
    ),
    Mutation(
        "any name of a host is ours",
        "access/guard.py",
        "if not self.hosts.meant(scope):",
        "if False:",
        GUARD + "test_a_foreign_host_name_is_refused",
    ),
    Mutation(
        "without TLS to other machines",
        "access/guard.py",
        "if not visit.secure and not visit.local:",
        "if False:",
        GUARD + "test_without_tls_nothing_is_served_to_other_machines",
    ),
    Mutation(
        "an admin from elsewhere without a second factor",
        "access/guard.py",
        "if late and who is not None and await run_in_threadpool(self.unfinished, who):",
        "if False:",
        GUARD + "test_an_admin_from_elsewhere_enrols_first",
    ),
    Mutation(
        "bodies without end",
        "access/guard.py",
        "                raise TooLarge\n",
        "                pass\n",
        GUARD + "test_bodies_are_bounded_whatever_they_say_of_themselves",
    ),
    Mutation(
        "requests without end",
        "access/guard.py",
        "        if wait:\n",
        "        if False:\n",
        GUARD + "test_requests_are_counted_by_session_and_by_address",
    ),
    Mutation(
        "messages without end",
        "access/sockets.py",
        "elif self._crowded():",
        "elif False:",
        GUARD + "test_a_message_too_large_and_too_many_cut_the_socket",
    ),
    Mutation(
        "Streamlit says what broke",
        "access/guard.py",
        "elif rule.theirs and status >= 400:",
        "elif False:",
        GUARD + "test_what_breaks_says_a_reference_and_nothing_else",
    ),
    Mutation(
        "after signing in one is anywhere",
        "access/guard.py",
        'return told if page and plain and bare.startswith("/") and not query.startswith("//") else "/"',
        "return told",
        GUARD + "test_after_signing_in_one_stays_here",
    ),
    Mutation(
        "browsers keep what they were shown",
        "access/headers.py",
        'headers["Cache-Control"] = "no-store"',
        "pass",
        GUARD + "test_every_answer_carries_the_safety_headers_and_names_nobody",
        soon=True,
    ),
    Mutation(
        "scripts in the page run",
        "access/headers.py",
        'allowed = " ".join(["\'self\'", ',
        'allowed = " ".join(["\'self\'", "\'unsafe-eval\'", ',
        GUARD + "test_the_policy_allows_the_inline_script_of_the_page_and_no_other",
    ),
    # Signing in.
    Mutation(
        "forms of others",
        "access/forms.py",
        "            raise Foreign",
        "            return",
        DOOR + "test_a_form_that_is_not_ours_does_nothing",
    ),
    Mutation(
        "a ticket is anybody's",
        "access/tickets.py",
        "if found is None or not session_id or found[0] != session_id:",
        "if found is None:",
        "tests/inside/test_tickets.py::test_another_session_gets_nothing_and_takes_nothing_away",
        soon=True,
    ),
    Mutation(
        "a ticket is good for ever",
        "access/tickets.py",
        "            del self._issued[token]\n        return found[2]",
        "        return found[2]",
        "tests/inside/test_tickets.py::test_a_ticket_is_good_once_and_makes_its_bytes_when_asked",
    ),
    Mutation(
        "a session that was ended",
        "access/sessions.py",
        "return session.c.ended_at.is_(None), session",
        "return session.c.ended_at.is_(session.c.ended_at), session",
        SESSIONS + "test_a_session_is_ended_at_once_and_once",
    ),
    Mutation(
        "a session that was silent",
        "access/sessions.py",
        "session.c.seen_at > now - IDLE",
        "session.c.seen_at > now - AGE",
        SESSIONS + "test_thirty_minutes_of_silence_end_it",
    ),
    Mutation(
        "a session without end",
        "access/sessions.py",
        ", session.c.opened_at > now - AGE",
        "",
        SESSIONS + "test_eight_hours_end_it_however_busy",
    ),
    Mutation(
        "somebody disabled",
        "access/sessions.py",
        "account.c.disabled == sa.false(), *_alive(now))",
        "*_alive(now))",
        SESSIONS + "test_a_disabled_account_is_nobody_though_its_row_says_open",
    ),
    Mutation(
        "the log is what is read",
        "access/log.py",
        "if row.previous != previous or row.hash != _hash(row.number, row.previous, row.body) or not _fits(row):",
        "if row.previous != previous:",
        "tests/inside/test_log.py::test_the_first_line_that_somebody_touched_is_named",
    ),
    Mutation(
        "a sample for a secret",
        "access/secret.py",
        "if len(set(given)) < 12 or is_common(text) or any(sample in text for sample in _SAMPLES):",
        "if False:",
        "tests/inside/test_secret.py::test_a_short_or_sample_one_stops_the_start",
        soon=True,
    ),
    # What of the park is whose.
    Mutation(
        "a page asks nobody",
        "ui/page.py",
        "    reader.must(PAGES[name])\n",
        "",
        "tests/matrix/test_pages.py::test_a_page_asks_who_reads_itself",
    ),
    Mutation(
        "persons in the generation",
        "data/building.py",
        " if field.name not in sheet.withheld]",
        "]",
        SIGHT + "test_persons_stay_in_the_ledger",
    ),
    Mutation(
        "persons in receipts",
        "data/withheld.py",
        'return {**told, "was": None, "becomes": None, "withheld": True}',
        "return told",
        SIGHT + "test_persons_stay_in_the_ledger",
    ),
    Mutation(
        "cells about persons",
        "data/original.py",
        "withheld = not persons and letters not in shown",
        "withheld = False",
        SIGHT + "test_the_cells_of_persons_and_of_undeclared_columns_are_withheld",
    ),
    Mutation(
        "rows of other sites behind figures",
        "data/sight.py",
        "if not (sight.persons and sight.sites is None) and not _stands(",
        "if False and not _stands(",
        SIGHT + "test_the_cells_of_persons_and_of_undeclared_columns_are_withheld",
    ),
    Mutation(
        "originals for all",
        "data/sight.py",
        "if not sight.originals or receipt.original is None or not whole(warehouse, receipt, sight):",
        "if receipt.original is None:",
        SIGHT + "test_originals_are_for_those_who_may_see_all_that_they_hold",
    ),
    Mutation(
        "receipts of other sites",
        "data/sight.py",
        "return every if sight.sites is None else",
        "return every if True else",
        SIGHT + "test_originals_are_for_those_who_may_see_all_that_they_hold",
    ),
    Mutation(
        "writing at other sites",
        "data/intake.py",
        "    if sight.sites is None or not len(rows):\n",
        "    if True:\n",
        SIGHT + "test_nobody_writes_what_touches_another_site",
    ),
    Mutation(
        "stays of other sites",
        "data/limited.py",
        '"stay": _OF_SITE,',
        '"stay": "true",',
        "tests/test_limited.py",
    ),
    Mutation(
        "figures of other sites",
        "metrics/ask.py",
        "return scope if limit is None else replace(scope, sites=scope.sites or limit)",
        "return scope",
        "tests/test_limited.py",
    ),
    # What comes out of spreadsheets is text.
    Mutation(
        "names are markup",
        "ui/markup.py",
        "    return _LIST.sub(",
        "    return text\n    return _LIST.sub(",
        "tests/test_app.py::test_names_from_spreadsheets_are_never_markup",
    ),
    Mutation(
        "formulas in files",
        "data/write.py",
        'return f"\'{value}" if value.startswith(_ACTIVE) else value',
        "return value",
        "tests/test_tables.py::test_a_csv_file_holds_the_same_values",
    ),
    Mutation(
        "formulas in the log",
        "access/log.py",
        "yield _ACTIVE.sub(_escaped, json.dumps(told, ensure_ascii=False, sort_keys=True))",
        "yield json.dumps(told, ensure_ascii=False, sort_keys=True)",
        "tests/inside/test_log.py::test_no_line_can_act_when_it_is_cut_into_cells",
    ),
    Mutation(
        "addresses are links",
        "ui/markup.py",
        '_ADDRESS.sub("\\u2060", text.replace("&", "&amp;"))',
        'text.replace("&", "&amp;")',
        "tests/test_app.py::test_names_from_spreadsheets_are_never_markup",
    ),
    Mutation(
        "a leader is given persons",
        "access/roles.py",
        'persons=self.may("persons"),',
        "persons=True,",
        "tests/inside/test_roles.py::test_what_each_role_sees_of_the_park",
    ),
    Mutation(
        "everybody is given all sites",
        "access/roles.py",
        "sites=self.sites or None,",
        "sites=None,",
        "tests/inside/test_roles.py::test_what_each_role_sees_of_the_park",
    ),
    # Open data.
    Mutation(
        "a hidden figure is an empty cell",
        "publish/columns.py",
        'return cell.get("status", NOT_GIVEN)',
        "return None",
        OPEN + "test_a_hidden_figure_is_a_code_in_every_file_never_nothing_and_never_a_number",
    ),
    Mutation(
        "cells of a workbook act",
        "data/book.py",
        "made = WriteOnlyCell(page, inert(value))",
        "made = WriteOnlyCell(page, value)",
        OPEN + "test_no_cell_of_a_workbook_acts",
    ),
    Mutation(
        "a workbook says when it was written",
        "data/book.py",
        "return _settled(target.getvalue(), on)",
        "return target.getvalue()",
        OPEN + "test_the_same_release_makes_the_same_bytes_at_any_moment",
    ),
    Mutation(
        "codes are taken for figures",
        "publish/package.py",
        'told |= {"unit": unit, "missingValues": ["", *CODES]}',
        'told |= {"unit": unit}',
        OPEN + "test_the_package_is_valid_and_read_back_as_the_release",
    ),
    Mutation(
        "figures are compared with withdrawn ones",
        "publish/dataset.py",
        "return next((one for one in reversed(self.before) if one.withdrawn is None), None)",
        "return next(reversed(self.before), None)",
        OPEN + "test_nothing_is_compared_with_a_release_that_was_withdrawn",
    ),
    Mutation(
        "the description leaves a format out",
        "publish/openapi.py",
        '    ("csv", "text/csv", "Lines"),\n',
        "",
        API + "test_all_that_is_described_is_answered_as_described",
    ),
    Mutation(
        "the description promises what is not there",
        "publish/openapi.py",
        '"required": () not in ways,',
        '"required": True,',
        API + "test_what_is_not_described_is_not_there",
    ),
    Mutation(
        "every page may be framed",
        "publish/serve.py",
        "_FRAMED if name.startswith(FRAMED) else _SAFE",
        "_FRAMED",
        EMBEDS + "test_these_alone_may_be_framed",
    ),
    Mutation(
        "a withdrawn figure stays in pages of others",
        "publish/site/embed.py",
        "gone = reader.release.withdrawn is not None",
        "gone = False",
        EMBEDS + "test_a_figure_of_a_withdrawn_release_says_that_alone",
    ),
)
