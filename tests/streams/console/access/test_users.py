"""The file of users and the commands that keep it."""

import json
import logging
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.access.users import users
from streams.console.access.guard import Guard
from streams.console.access.guard_of import guard_of
from streams.console.access.users import Users, UsersError, hashed, is_password, read_users
from streams.settings import ConsoleSettings, SettingsError


def told(file: Path, *arguments: str, says: str = "a good password\n") -> tuple[int, str]:
    done = CliRunner().invoke(users, [*arguments, "--users", str(file)], input=says)
    return done.exit_code, done.output + str(done.exception or "")


def test_users_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "users"
    assert told(file, "add", "li", "--role", "operator", "--unit", "g1", "--password-stdin")[0] == 0
    assert told(file, "add", "chen", "--role", "admin", "--no-password")[0] == 0
    assert told(file, "list")[1] == "li: operator, of g1\nchen: admin, without a password\n"
    first = json.loads(told(file, "list", "--json")[1].splitlines()[0])
    assert first == {"name": "li", "role": "operator", "units": ["g1"]}
    assert is_password(read_users(file)["li"], "a good password")
    assert told(file, "passwd", "li", "--password-stdin", says="another password\n")[0] == 0
    assert not is_password(read_users(file)["li"], "a good password")
    assert told(file, "remove", "li")[0] == 0
    assert list(read_users(file)) == ["chen"]


def test_a_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "users"
    status, output = told(
        file, "add", "li", "--role", "viewer", says="a good password\na good password\n"
    )
    assert status == 0 and "good" not in output


@pytest.mark.parametrize(
    ("arguments", "says", "word"),
    [
        (("add", "li", "--role", "operator", "--password-stdin"), "x\n", "8 to 200"),
        (("add", "chen", "--role", "viewer", "--no-password"), "", "already"),
        (("add", "zhao", "--role", "admin", "--unit", "g1", "--no-password"), "", "whole city"),
        (("add", "zhao", "--role", "operator", "--unit", "", "--no-password"), "", "units"),
        (("add", "li wang", "--role", "viewer", "--no-password"), "", "'li wang'"),
        (("remove", "li"), "", "no user li, there are chen"),
        (("passwd", "li", "--password-stdin"), "a good password\n", "no user li"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], says: str, word: str
) -> None:
    file = tmp_path / "users"
    told(file, "add", "chen", "--role", "admin", "--no-password")
    before = file.read_text()
    status, output = told(file, *arguments, says=says)
    assert status != 0 and word in output
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"name": "li", "role": "king"}', "king"),
        ('{"name": "li"}', "role"),
        ('{"name": "<b>", "role": "viewer"}', "name"),
        ('{"name": "li", "role": "viewer"}\n{"name": "li", "role": "admin"}', "line 2"),
        ("li:x:1", "line 1"),
    ],
)
def test_a_bad_file_of_users_is_refused_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "users"
    file.write_text(text)
    with pytest.raises(UsersError, match="users line") as caught:
        read_users(file)
    assert word in str(caught.value)


def test_a_file_that_turns_bad_leaves_the_users_as_they_were(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "users"
    told(file, "add", "chen", "--role", "admin", "--no-password")
    known = Users(file)
    file.write_text("rubbish")
    os.utime(file, (1, 1))
    assert known.find("chen") is not None
    assert "the users stay as they were" in caplog.text


def test_a_password_is_checked_where_there_is_no_such_user_too() -> None:
    assert not is_password(None, "a good password")
    with pytest.raises(UsersError, match="8 to 200"):
        hashed("short")


def test_the_settings_make_the_guard(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def guarded(**settings: str) -> Guard:
        return guard_of(ConsoleSettings(**settings), lambda _: ())

    assert guarded().users is None
    with caplog.at_level(logging.WARNING):
        assert guarded(host="0.0.0.0").users is None
    assert "nobody commands" in caplog.text
    with pytest.raises(SettingsError, match=r"needs console\.users"):
        guarded(user_header="X-User")
    file = tmp_path / "users"
    with pytest.raises(UsersError, match=str(file)):
        guarded(users=str(file))
    told(file, "add", "chen", "--role", "admin", "--no-password")
    assert guarded(users=str(file)).users is not None
    assert (tmp_path / "audit.jsonl").exists()
