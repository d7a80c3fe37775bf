"""`clearway users`: who may use the console."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
import msgspec
from msgspec.structs import replace

from streams.cli.group import MeantGroup
from streams.cli.options import config_option, json_option, settings_of
from streams.cli.terminal import echo
from streams.console.access.person import Role

if TYPE_CHECKING:
    from streams.console.access.users import User

_file_option = click.option(
    "--users", "file", type=click.Path(path_type=Path, dir_okay=False),
    help="The file of users [default: that of [console] users].",
)  # fmt: skip
_stdin_option = click.option(
    "--password-stdin", "is_piped", is_flag=True, help="Read the password from standard input."
)


@click.group(cls=MeantGroup)
def users() -> None:
    """Say who may use the console, and what they may.

    A viewer looks, an operator commands the cases of their units, an admin those of the whole city.
    """


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.option("--unit", "units", multiple=True, help="A unit whose cases are theirs; else all.")
@click.option("--no-password", is_flag=True, help="Only a proxy says that it is they.")
@_stdin_option
@_file_option
@config_option
def add(
    name: str,
    role: Role,
    units: tuple[str, ...],
    no_password: bool,
    is_piped: bool,
    file: Path | None,
    config_path: Path | None,
) -> None:
    """Add a user."""
    from streams.console.access.users import User, UsersError, hashed, read_users, write_users

    file = _file(file, config_path)
    known = read_users(file) if file.exists() else {}
    if name in known:
        raise UsersError(f"{file}: there is a user {name} already")
    if role == "admin" and units:
        raise click.UsageError("--unit: an admin is of the whole city")
    user = User(name, role, units)
    if not no_password:
        user = replace(user, password=hashed(_password(is_piped)))
    write_users(file, {**known, name: user})
    echo(f"{file}: {_line(user)}")


@users.command("list")
@_file_option
@config_option
@json_option
def list_(file: Path | None, config_path: Path | None, is_json: bool) -> None:
    """Print the users, a line each."""
    from streams.console.access.users import read_users

    for user in read_users(_file(file, config_path)).values():
        if is_json:
            echo(_json(user))
        else:
            echo(_line(user))


@users.command()
@click.argument("name")
@_file_option
@config_option
def remove(name: str, file: Path | None, config_path: Path | None) -> None:
    """Remove a user; where they are logged in, they are no longer."""
    from streams.console.access.users import write_users

    file = _file(file, config_path)
    known = _having(file, name)
    write_users(file, {other: user for other, user in known.items() if other != name})
    echo(f"{file}: {name} removed")


@users.command()
@click.argument("name")
@_stdin_option
@_file_option
@config_option
def passwd(name: str, is_piped: bool, file: Path | None, config_path: Path | None) -> None:
    """Give a user another password; where they are logged in, they are no longer."""
    from streams.console.access.users import hashed, write_users

    file = _file(file, config_path)
    known = _having(file, name)
    user = replace(known[name], password=hashed(_password(is_piped)))
    write_users(file, {**known, name: user})
    echo(f"{file}: {name} has another password")


def _file(file: Path | None, config_path: Path | None) -> Path:
    from streams.settings import SettingsError

    named = file or settings_of(config_path).console.users
    if named is None:
        raise SettingsError("no file of users: give one with --users or as console.users")
    return Path(named)


def _having(file: Path, name: str) -> dict[str, "User"]:
    from streams.console.access.users import UsersError, read_users

    known = read_users(file)
    if name not in known:
        raise UsersError(f"{file}: no user {name}, there are {', '.join(known) or 'none'}")
    return known


def _password(is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given


def _line(user: "User") -> str:
    units = f", of {', '.join(user.units)}" if user.units else ""
    how = "" if user.password else ", without a password"
    return f"{user.name}: {user.role}{units}{how}"


def _json(user: "User") -> str:
    return msgspec.json.encode(replace(user, password=None)).decode()
