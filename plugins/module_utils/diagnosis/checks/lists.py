# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the list of external users: columns, paging, filters, and what it has by default."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...client import json_fields
from ...client.archive import EVERY_ROW, NAME_COLUMNS, PAGE_SIZE, USER_QUERY, associate_is, text_is
from ...client.inspection import Inspected, Inspector, length_of, neutral
from ...client.languages import parts
from ..check import Check, Findings, Row, Verdict, failed, passed, skipped, warning
from ..rows import OPERATION, key_of, link_of, name_of, page_of, sample_of

_USERS = "ExternalUsers"
_COLUMNS = ("personId", "userName", "assocName", "role", "isActive")
_LOGIN_NAMES = {"userName", "assocName"}
_NAMES = ("contactFullName", "personEmail")
COUNTS = ("odata.count", "__count", "@odata.count")
_NO_USERS = "No external user is listed whose name could be used for this."
_NEEDS_USERS = "Create an external user with a name of letters, and run the diagnosis again."
# the longest queries that the modules send: a filter of 1,500 characters, and the rest of a query
LONGEST_QUERY = 1750
_LENGTHS = (4000, 2048, LONGEST_QUERY, 1024, 512)
_ONE = {"$top": "1", "$select": "personId", "$entities": "all"}


def _users(inspector: Inspector, findings: Findings) -> Verdict:
    query = {**USER_QUERY, "$filter": EVERY_ROW, "$top": str(PAGE_SIZE), "$skip": "0"}
    inspected = inspector.archive(_USERS, query)
    rows = page_of(inspected)
    findings.has_more = findings.page_is_linked = bool(link_of(inspected))
    if not rows:
        return warning(
            "The list of external users is empty.",
            "If there are external users, use a login that may see them. Otherwise create one, and"
            " run the diagnosis again: several checks need one.",
        )
    missing = [name for name in _COLUMNS if all(name not in row for row in rows)]
    if not set(missing) >= _LOGIN_NAMES:
        # one of the two columns is enough
        missing = [name for name in missing if name not in _LOGIN_NAMES]
    if missing:
        return failed(
            f"The list of external users has no column {', '.join(missing)}.",
            "Report this with the file diagnosis.md: the service is of a version that the"
            " collection does not know.",
        )
    for row in rows:
        key_of(row), name_of(row)
        json_fields.flag(row, "isActive", OPERATION)
    findings.users = rows
    findings.learn("primary_key", "string" if isinstance(rows[0]["PrimaryKey"], str) else "number")
    active = rows[0]["isActive"]
    is_text = isinstance(active, str)
    form = "boolean" if isinstance(active, bool) else "string" if is_text else "number"
    findings.learn("boolean_form", form)
    return passed(f"All columns are there; {len(rows)} users on the first page.")


def _columns(inspector: Inspector, findings: Findings) -> Verdict:
    """Ask for the columns of companies and persons, and for the number of all users."""
    inspected, rows, is_counted = _more_columns(inspector, findings)
    for name in COUNTS if is_counted else ():
        if name in inspected.value:
            findings.learn("count_property", name)
            findings.total = json_fields.number(inspected.value, name, OPERATION)
    if "count_property" not in findings.profile:
        findings.learn("count_property", "none" if is_counted else "error")
    by_key = {key_of(row): row for row in rows}
    for row in findings.users:
        other = by_key.get(key_of(row), {})
        is_active = json_fields.flag(row, "isActive", OPERATION)
        if is_active and not json_fields.flag(other, "canLogin", OPERATION, missing=True):
            findings.learn("can_login", "different")
    sample = sample_of(findings)
    if sample and sample.key in by_key:
        address = by_key[sample.key].get("personEmail")
        findings.sample_has_address = bool(address) if isinstance(address, str) else None
    missing = [name for name in _NAMES if all(row.get(name) is None for row in rows)]
    findings.learn("name_columns", "missing" if missing else "served")
    if missing:
        return warning(
            f"The list of external users has no column {', '.join(missing)}. Results and reports do"
            " not show companies and addresses of users.",
            "Nothing, if you do not need them: the modules do without. Otherwise report this with"
            " the file diagnosis.md.",
        )
    counted = "" if findings.total is not None else "; the list does not tell how many there are"
    return passed(f"Companies and addresses of users can be read{counted}.")


def _more_columns(inspector: Inspector, findings: Findings) -> tuple[Inspected, list[Row], bool]:
    """Return a page with the columns that the service has, and whether it was asked to count."""
    everything = f"{NAME_COLUMNS},canLogin"
    attempts = [
        (everything, True),
        (everything, False),
        ("contactId,contactName,canLogin", True),
        ("contactId,contactName,canLogin", False),
    ]
    for select, is_counted in attempts:
        query = {**_ordered(), "$select": select, "$top": "100"}
        if is_counted:
            query["$inlineCount"] = "AllPages"
        inspected = inspector.archive(_USERS, query)
        if inspected.error is None:
            break
        findings.note_archive_error(inspected)
    return inspected, page_of(inspected), is_counted


def _paging(inspector: Inspector, findings: Findings) -> Verdict:
    users, size = findings.users, len(findings.users)
    if size < PAGE_SIZE and findings.total is None and not findings.has_more:
        rest = inspector.archive(_USERS, {**_ordered(), "$top": "1", "$skip": str(size)})
        findings.has_more = bool(page_of(rest))
    findings.has_more = findings.has_more or (findings.total or 0) > size
    if findings.has_more and size < PAGE_SIZE:
        findings.learn("page_cap", str(size))
    if size < 2 and not findings.has_more:
        return skipped("Fewer than two external users are listed.", _NEEDS_USERS)
    second = inspector.archive(_USERS, {**_ordered(), "$top": "2", "$skip": "1"})
    rows = page_of(second)
    expected = [key_of(row) for row in users[1:3]]
    found = [key_of(row) for row in rows]
    shared = min(len(found), len(expected))
    wrong = not found or found[:shared] != expected[:shared]
    if wrong or (size == 1 and found[0] == key_of(users[0])):
        return failed(
            "A page that starts with the second user does not: the service does not follow $skip,"
            " or the list is not in a stable order.",
            "Check that no proxy or cache between this computer and the service ignores the query"
            " string, and that nobody changes external users during the diagnosis.",
        )
    _learn_link(inspector, findings, second, 1 + len(rows))
    capped = findings.profile.get("page_cap")
    pages = f"{capped} users at most" if capped else f"up to {PAGE_SIZE} users"
    return passed(f"Pages have {pages}, and follow one another.")


def _ordered() -> dict[str, str]:
    return {
        "$select": "personId",
        "$filter": EVERY_ROW,
        "$orderBy": "associateDbId",
        "$entities": "all",
    }


def _learn_link(inspector: Inspector, findings: Findings, page: Inspected, so_far: int) -> None:
    link = link_of(page)
    if not link:
        total = findings.total
        is_known = findings.has_more and not findings.page_is_linked
        if is_known or (total is not None and total > so_far) or len(findings.users) > so_far:
            findings.learn("next_link", "none")
        return
    target, ours = urlsplit(link), urlsplit(inspector.settings.root)
    if not target.netloc:
        findings.learn("next_link", "relative")
    else:
        is_ours = target.hostname == ours.hostname
        findings.learn("next_link", "absolute" if is_ours else "internal-host")


def _roles_of_users(inspector: Inspector, findings: Findings) -> Verdict:  # noqa: ARG001
    """Compare the role column of the list with the roles themselves."""
    texts = {json_fields.text(row, "role", OPERATION) for row in findings.users}
    operation = "GetAllRoles"
    by_form: dict[str, set[str]] = {"translated": set(), "id": set(), "tooltip": set()}
    for role in findings.roles:
        by_form["translated"].add(json_fields.text(role, "Name", operation))
        by_form["id"].add(str(json_fields.number(role, "Id", operation)))
        by_form["tooltip"].add(json_fields.text(role, "ToolTip", operation))
    if any(parts(text) for text in texts):
        findings.learn("role_text", "raw")
        return passed("Roles of users are listed by name, in all languages.")
    for form, known in by_form.items():
        if texts and texts <= known:
            findings.learn("role_text", form)
            if form == "translated":
                return passed("Roles of users are listed by name.")
            what = "id" if form == "id" else "description"
            return warning(
                f"Roles of users are listed by {what} in place of the name. The modules then ask"
                " for each role or user, which costs more requests.",
                "Nothing; expect more requests than docs/performance.md says.",
            )
    return warning(
        "Users have roles that the list of roles for external users does not contain. The modules"
        " then ask for each of these users, which costs more requests.",
        "Check that the calling login may see all roles, and give these users a role of the type"
        " 'External user'.",
    )


def _filters(inspector: Inspector, findings: Findings) -> Verdict:
    sample = sample_of(findings)
    if sample is None:
        return skipped(_NO_USERS, _NEEDS_USERS)

    def finds(name: str) -> bool:
        query = {**_ordered(), "$filter": text_is("userName", name) or "", "$top": "5"}
        return sample.key in map(key_of, page_of(inspector.archive(_USERS, query)))

    if finds(sample.name.swapcase()):
        findings.learn("filter_case", "insensitive")
        return passed("Filters find a user by name, whatever the case.")
    if finds(sample.name):
        if findings.profile.get("name_comparison") == "exact":
            findings.learn("filter_case", "insensitive")
        else:
            findings.learn("filter_case", "sensitive")
        return passed("Filters find a user by name in the same case; the modules ask twice.")
    if not json_fields.text(sample.row, "userName", OPERATION):
        return passed(
            "Filters find no user by name, because the column userName is empty; the modules ask"
            " GetUserFromName as well."
        )
    return failed(
        "A filter does not find a user by the name that the list shows.",
        "Check that no proxy or firewall changes the query string, and that the login may see all"
        " external users.",
    )


def _escaping(inspector: Inspector, findings: Findings) -> Verdict:
    quote = inspector.archive(_USERS, {**_ordered(), "$filter": "userName = 'x\\'y'", "$top": "1"})
    if quote.error:
        return failed(
            f"A quote in a name cannot be escaped: {neutral(quote.error, inspector.settings)}.",
            "Allow a backslash and a quote in the query string, in the firewall or the request"
            " filtering of the web server. Names with a quote cannot be looked up otherwise.",
        )
    sample = sample_of(findings)
    if sample is None:
        return skipped(_NO_USERS, _NEEDS_USERS)
    escaped = f"{sample.name[: sample.plain]}\\{sample.name[sample.plain :]}"
    inspected = inspector.archive(
        _USERS, {**_ordered(), "$filter": f"userName = '{escaped}'", "$top": "5"}
    )
    if inspected.error:
        findings.learn("backslash", "error")
        findings.note_archive_error(inspected)
    else:
        is_found = sample.key in map(key_of, page_of(inspected))
        findings.learn("backslash", "escape" if is_found else "literal")
    return passed("A quote in a name can be escaped.")


def _query_length(inspector: Inspector, findings: Findings) -> Verdict:
    reason = ""
    for length in _LENGTHS:
        inspected = inspector.archive(_USERS, _long_query(length))
        if inspected.error is None:
            if reason:
                findings.learn("query_limit", str(length))
            if length < LONGEST_QUERY:
                break
            return passed(f"Queries of {length} characters are accepted.")
        reason = neutral(inspected.error, inspector.settings)
    return failed(
        f"Queries of {LONGEST_QUERY} characters are refused: {reason}. Users are read in batches of"
        " this length.",
        "Raise the longest query string that the web server or the firewall accepts to 2048: for"
        " IIS it is maxQueryString in the request filtering.",
    )


def _long_query(length: int) -> dict[str, str]:
    """Return a query of exactly this length that asks for users who do not exist."""

    def query(users: int) -> dict[str, str]:
        ids = range(2_000_000_000, 2_000_000_000 + users)
        return {**_ONE, "$filter": associate_is(ids)}

    # each further id adds ten digits and an encoded comma
    fill = query(1 + (length - length_of(query(1))) // 13)
    # each further character makes the list longer by one
    fill["$top"] = "1".zfill(1 + length - length_of(fill))
    return fill


def _defaults(inspector: Inspector, findings: Findings) -> Verdict:
    """Ask for lists that leave out what the modules always send."""
    query = {"$select": "personId", "$filter": EVERY_ROW, "$top": "3"}
    if findings.total is not None:
        query["$inlineCount"] = "AllPages"
    plain = inspector.archive(_USERS, query)
    rows = page_of(plain)
    count = plain.value.get(findings.profile.get("count_property", ""))
    is_longer = findings.total is not None and count is not None and int(count) > findings.total
    is_other = any(row.get("EntityName") not in (None, "all") for row in rows)
    findings.learn("entities", "everyone" if is_longer or is_other else "users")
    keys = [key_of(row) for row in rows]
    if len(keys) > 1:
        findings.learn("default_order", "key" if keys == sorted(keys) else "none")
    elif keys and len(findings.users) == 1 and findings.has_more and not (is_longer or is_other):
        is_first = keys[0] == key_of(findings.users[0])
        findings.learn("default_order", "key" if is_first else "none")
    bare = inspector.archive(_USERS, {**_ONE})
    if bare.error:
        findings.learn("missing_filter", "error")
        findings.note_archive_error(bare)
    else:
        findings.learn("missing_filter", "rows" if page_of(bare) else "empty")
    return passed("Lists without entities, order and filter were read.")


def _unknown_columns(inspector: Inspector, findings: Findings) -> Verdict:
    select = inspector.archive(
        _USERS, {**_ONE, "$select": "personId,superofficeCrmNoColumn", "$filter": EVERY_ROW}
    )
    if select.error:
        findings.learn("unknown_column", "error")
        findings.note_archive_error(select)
    elif rows := page_of(select):
        is_there = "superofficeCrmNoColumn" in rows[0]
        findings.learn("unknown_column", "null" if is_there else "ignore")
    restrict = inspector.archive(_USERS, {**_ONE, "$filter": "superofficeCrmNoColumn = 1"})
    if restrict.error:
        findings.learn("unknown_filter_column", "error")
        findings.note_archive_error(restrict)
        return passed("A filter on an unknown column is refused.")
    is_ignored = bool(page_of(restrict))
    findings.learn("unknown_filter_column", "ignore" if is_ignored else "empty")
    what = "ignored, and all rows are returned" if is_ignored else "met by no row"
    return warning(
        f"A filter on an unknown column is {what}, without an error.",
        "Nothing for the modules, which compare what comes back. Beware in queries of your own.",
    )


def _forms(inspector: Inspector, findings: Findings) -> Verdict:
    """Ask for what the modules do not use, so that an imitation behaves alike in this too."""
    ordered = {**_ONE, "$select": "role", "$filter": EVERY_ROW, "$orderBy": "associateDbId"}
    wide = inspector.archive(_USERS, {**ordered, "$mode": "Wide"})
    full = wide
    if wide.error:
        findings.learn("wide_mode", "error")
        findings.note_archive_error(wide)
    elif rows := page_of(wide):
        findings.learn("wide_mode", "full" if "Column" in rows[0] else "slim")
    if findings.profile.get("wide_mode") != "full":
        full = inspector.archive(_USERS, {**ordered, "$mode": "Full"})
    if not full.error and (rows := page_of(full)):
        _learn_raw_role(findings, rows[0])
    doubtful = inspector.archive(_USERS, {**_ONE, "$filter": "personId ge 1"})
    findings.learn("doubtful_operators", "error" if doubtful.error else "accept")
    findings.note_archive_error(doubtful)
    if findings.archive_error is None:
        wrong = inspector.archive(_USERS, {**_ONE, "$filter": "personId ~ 1"})
        findings.note_archive_error(wrong)
    refused = findings.archive_error
    is_own = refused and refused.is_error_object and "ExceptionMessage" not in refused.json
    if refused and is_own and refused.status in (400, 500):
        findings.learn("archive_errors", str(refused.status))
    return passed("Other forms of lists were read; no module uses them.")


def _learn_raw_role(findings: Findings, row: Row) -> None:
    cell = (row.get("Column") or {}).get("role")
    if isinstance(cell, dict) and "RawValue" in cell:
        raw = cell["RawValue"]
        form = "null" if raw is None else "text" if isinstance(raw, str) else "id"
        findings.learn("role_raw_value", form)


_NO_LIST = "Users cannot be read, and so not be changed."

LIST = (
    Check(
        "users",
        _users,
        _NO_LIST,
        ("user_agent",),
        "Use a login that may read the archive ExternalUsers, and let nothing in front of the"
        " service refuse the path .../api/v1/Archive.",
    ),
    Check("columns", _columns, "Companies and addresses cannot be shown.", ("users",)),
    Check("paging", _paging, "More users than one page has cannot be read.", ("users",)),
    Check("role_texts", _roles_of_users, "Roles of users are unknown.", ("users", "roles")),
)
FILTERS = (
    Check("filters", _filters, "A single user cannot be found by name.", ("users",)),
    Check("escaping", _escaping, "Names with a quote cannot be found.", ("users",)),
)
QUERY_LENGTH = Check(
    "query_length", _query_length, "Written users cannot be read back together.", ("user_agent",)
)
UNKNOWN_COLUMNS = Check(
    "unknown_columns", _unknown_columns, "A missing column would not be noticed.", ("users",)
)
DEFAULTS = Check("defaults", _defaults, "Only queries of your own are affected.", ("users",))
FORMS = Check("forms", _forms, "Only queries of your own are affected.", ("users",))
