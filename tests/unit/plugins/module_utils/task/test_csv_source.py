# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in CSV: files as spreadsheets write them, and what is wrong in others."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.superoffice.crm.plugins.module_utils.domain.definitions import (
    DefinitionCollector,
)
from ansible_collections.superoffice.crm.plugins.module_utils.domain.model import (
    UNSET,
    DesiredUser,
    Secret,
    State,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task.csv_source import (
    escaped,
    fits,
    unescaped,
)
from ansible_collections.superoffice.crm.plugins.module_utils.task.definition_files import read_all

pytest.importorskip("hypothesis")
from hypothesis import example, given
from hypothesis import strategies as st

SECRET = "never-to-be-seen-4711"


def collected(folder: Path, content: str | bytes, name: str = "users.csv") -> DefinitionCollector:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = DefinitionCollector({}, {}, "")
    files, unreadable = read_all([str(path)])
    found.findings.extend(unreadable)
    for file in files:
        found.add(file.entries, file.defaults, file.name)
    return found


def users(folder: Path, content: str | bytes, name: str = "users.csv") -> list[DesiredUser]:
    found = collected(folder, content, name)
    assert found.findings == [], found.findings
    return [one.desired for one in found.definitions]


def findings(folder: Path, content: str | bytes) -> list[str]:
    found = collected(folder, content)
    told = [str(one).removeprefix(f"{folder}/") for one in found.findings]
    assert SECRET not in repr(found.findings)
    return told


EVERYTHING = DesiredUser(
    State.PRESENT,
    person_id=1001,
    user_name="anna@example.com",
    previous_user_names=("anna", "ann"),
    password=Secret("pass;word,1"),
    role="Partner, Nord",
    is_active=True,
    active_until="2026-12-31",
    owner="Åse Ødegård",
    description='Says "hei"\nand more',
)
HEADER = (
    "person_id;user_name;previous_user_names;password;role;is_active;active_until;owner;description"
)
ROW = (
    '1001;anna@example.com;anna|ann;"pass;word,1";"Partner, Nord";TRUE;2026-12-31;Åse Ødegård;'
    '"Says ""hei""\nand more"'
)
NORWAY = f"{HEADER};;\n{ROW};;\n;;;;;;;;;;\n;;;;;;;;;;\n"
USA = (
    '"user_name", person_id ,"password","role",is_active,active_until,owner,description,'
    'previous_user_names,state\n'
    'anna@example.com, 1001 ,"pass;word,1","Partner, Nord", true,2026-12-31,Åse Ødegård,'
    '"Says ""hei""\nand more",anna | ann,present\n'
)  # fmt: skip
FILES = {
    "semicolons, empty columns and rows": NORWAY,
    "commas, quotes, spaces around names": USA,
    "a byte order mark": f"\ufeff{NORWAY}",
    "a byte order mark twice": f"\ufeff\ufeff{NORWAY}",
    "the mark of the delimiter": f"\ufeffsep=;\n{NORWAY}",
    "a quoted mark with empty columns": f'"sep=;";;;\n{NORWAY}',
    "tabs": NORWAY.replace(";", "\t").replace("pass\tword", "pass;word"),
    "quoted names before another delimiter": NORWAY.replace(
        HEADER, ";".join(f'"{name}"' for name in HEADER.split(";"))
    ),
    "empty rows before the header": f"\n;;;\n{NORWAY}",
    "no line break at the end": f"{HEADER}\n{ROW}",
}


@pytest.mark.parametrize("file", FILES)
def test_files_of_spreadsheets_are_read(file: str, tmp_path: Path) -> None:
    text = FILES[file]
    for content in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r")):
        assert users(tmp_path, content, "Users.CSV") == [EVERYTHING]


def test_an_empty_cell_is_an_option_that_is_not_given(tmp_path: Path) -> None:
    [anna, bo] = users(tmp_path, "user_name,role,is_active,person_id\nanna,, ,\nbo\n")
    for one in (anna, bo):
        assert (one.role, one.is_active, one.person_id) == (UNSET, UNSET, UNSET)


def test_words_for_true_and_false_are_those_of_yaml(tmp_path: Path) -> None:
    words = {"TRUE": True, "True": True, "yes": True, "FALSE": False, "no": False, "off": False}
    rows = "".join(f"user{number},{word}\n" for number, word in enumerate(words))
    found = users(tmp_path, f"user_name,is_active\n{rows}")
    assert [one.is_active for one in found] == list(words.values())


def test_names_keep_every_character(tmp_path: Path) -> None:
    names = ["0123", "yes", "null", "O'Brien", 'a"b', "a,b", "1e5", "Ünï", "x=1", "a-b", "@"]
    quoted = "".join('"' + name.replace('"', '""') + '"\n' for name in names)
    assert [one.user_name for one in users(tmp_path, f"user_name\n{quoted}")] == names


def test_a_header_without_rows_defines_nobody(tmp_path: Path) -> None:
    assert users(tmp_path, "user_name;role\n") == []


IN_DIGITS = "person_id must be a positive id of digits only"
NO_IDS = ("1.001", "1001.0", "1E+03", "1 001", "-1001", '"1,001"', "#REF!")
# what a finding says, with its place; nothing of a cell that may be a password is repeated
FAULTY: list[tuple[str | bytes, list[str]]] = [
    *((f"user_name;person_id\nanna;{number}\n", ["users.csv:2: ", IN_DIGITS]) for number in NO_IDS),
    ("user_name,person_id\nanna,0\n", ["users.csv:2: ", "must be a positive id, not 0"]),
    ("user_name,person_id\nanna,1,001\n", ["users.csv:2: ", "3 cells, and the header 2"]),
    ('user_name,description\nanna,"a\nb"\n\n\nbo,"c\nd",e\n', ["users.csv:6: ", "3 cells"]),
    ("user_name,,role\nanna,x,Partner\n", ["users.csv:2: ", "cell 2 ", "column without a name"]),
    ("user_name;role\nanna;{{ lookup('pipe', 'id') }}\n",
     ["users.csv:2: ", "role cannot be a template"]),
    ("user_name,previous_user_names\nanna,a|{%b\n", ["previous_user_names cannot be a template"]),
    ("user_name,previous_user_names\nanna,a||b\n", ["previous_user_names must not be empty"]),
    ("user_name,role\n anna,Partner\n", ["user_name has an outer space"]),
    ("user_name,is_active\nanna,SANN\n", ["is_active must be true or false"]),
    ("user_name,is_active\nanna,1\n", ["is_active must be true or false"]),
    ("user_name,active_until\nanna,31.12.2026\n",
     ["active_until must be a date such as 2026-12-31"]),
    ("user_name,active_until\nanna,12/31/2026\n",
     ["active_until must be a date such as 2026-12-31"]),
    ("user_name,state\nanna,gone\n", ["state must be one of present, absent"]),
    ("role,owner\nPartner,Kari\n", ["users.csv:2: ", "an entry needs"]),
    ("user_name,rolle,role\nanna,,\n",
     ["users.csv:1: unknown option 'rolle' (did you mean 'role'?)"]),
    ("user_name,role,user_name\n", ["users.csv:1: two columns 'user_name'"]),
    ("user_name,User_name\n", ["unknown option 'User_name' (did you mean 'user_name'?)"]),
    (f"anna@example.com,1001,{SECRET}\n",
     ["users.csv:1: is not a header", "a comma, a semicolon or a tab"]),
    ("user_name|role\nanna|Partner\n", ["users.csv:1: is not a header"]),
    ("sep=|\nuser_name|role\n",
     ["users.csv:1: the delimiter must be a comma, a semicolon or a tab"]),
    (f'user_name,password\nanna,"{SECRET}\nbo,x\n',
     ["users.csv:2: is not valid CSV: a quotation mark is opened"]),
    (f'user_name,password\nanna,"{SECRET}"x\n',
     ["users.csv:2: is not valid CSV: there is text after"]),
    (f'user_name,password\nanna,x\nbo,"{"y" * 200_000}\n', ["users.csv:3: is not valid CSV"]),
    (f"user_name,password,role\nanna,{SECRET},,Partner\n", ["4 cells, and the header 3"]),
    (f"user_name,person_id\nanna,{SECRET}\n", ["must be a positive id"]),
    (f"user_name,update_password\nanna,{SECRET}\n", ["update_password must be one of"]),
    ("", ["users.csv: is empty"]),
    ("\n;;\n", ["users.csv:2: is not a header"]),
    ("sep=;\n", ["users.csv: is empty"]),
    (NORWAY.encode("utf-16"),
     ["users.csv: is UTF-16, not UTF-8. Save it as UTF-8; Excel calls that"]),
    (NORWAY.encode("utf-16-be"), ["users.csv:"]),
    (NORWAY.encode("cp1252"),
     ["users.csv: is not UTF-8 (byte ", "may be Windows-1252. Save it as UTF-8"]),
]  # fmt: skip


def test_what_is_wrong_is_told_with_its_place_and_without_secrets(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for content, told in FAULTY:
        with subtests.test(content=content[:60]):
            found = findings(tmp_path, content)
            assert len(found) == 1, found
            for text in told:
                assert text in found[0]


def test_all_faulty_rows_are_told_at_once(tmp_path: Path) -> None:
    rows = "anna,x\nbo,2,3\ncilla,{{x}}\ndag,7\n"
    found = findings(tmp_path, f"user_name,person_id\n{rows}")
    assert [one.split(" ")[0] for one in found] == [f"users.csv:{line}:" for line in (2, 3, 4)]


@pytest.mark.parametrize(("name", "cell"), [
    ("=1+1", "'=1+1"), ("+47 123", "'+47 123"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
    ("a;=1", "a;'=1"), ("'=1", "''=1"), ("anna@example.com", "anna@example.com"), ("a-b", "a-b"),
    ("O'Brien", "O'Brien"), ("'tis", "'tis"),
])  # fmt: skip
def test_what_looks_like_a_formula_gets_an_apostrophe_and_loses_it(
    name: str, cell: str, tmp_path: Path
) -> None:
    assert escaped(name) == cell
    assert [one.user_name for one in users(tmp_path, f'user_name\n"{cell}"\n')] == [name]


@given(st.text(st.sampled_from("ab'\"=+-@;,|\t \n{%\uff10\uff1d")))
@example("'=")
@example("' '\"'-")
def test_escaping_of_formulas_is_reversed(text: str) -> None:
    assert unescaped(escaped(text)) == text


def test_a_password_is_never_taken_for_an_escaped_formula_or_a_template(tmp_path: Path) -> None:
    for password in ("'=secret-1", "=secret-1", "{{ secret }}", " secret "):
        [anna] = users(tmp_path, f'user_name,password\nanna,"{password}"\n')
        assert anna.password == Secret(password)


def test_what_fits_into_a_cell() -> None:
    assert all(map(fits, ("anna", 7, True, None, "a\nb", "=1")))
    assert not any(map(fits, ("", " ", "{{ x }}", "a\rb", "a\0")))


def test_many_rows_take_little_memory(tmp_path: Path) -> None:
    row = "user{0}@example.com;{1};Partner;TRUE;2026-12-31;Kari Nordmann\n"
    rows = "".join(row.format(number, number + 1) for number in range(20_000))
    text = f"user_name;person_id;role;is_active;active_until;owner\n{rows}"
    found: Any = users(tmp_path, text)
    assert len(found) == 20_000
    tracemalloc.start()
    path = tmp_path / "few.csv"
    path.write_text(text[: len(text) // 4].rpartition("\n")[0], encoding="utf-8")
    [file], _findings = read_all([str(path)])
    for _location, _entry in file.entries:
        pass
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # the rows are never held: only their text, and a number for each
    assert peak < 6 * path.stat().st_size
