"""The users of the console: a file with a line of JSON each, and their passwords as hashes."""

import logging
import os
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Meta

from ingest.user_error import UserError
from streams.console.access.person import Person, Role

log = logging.getLogger(__name__)

SHORTEST = 8
"""A shorter password is refused. Unit: characters. Source: NIST SP 800-63B."""
LONGEST = 200
"""A longer one too, so that nobody makes the hash a burden. Unit: characters. Source: chosen."""

_HASHER = PasswordHasher()


class UsersError(UserError):
    """A file of users that cannot be used, or a change of it that makes no sense."""


class User(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who may log in; without a password only a proxy can say that it is they."""

    name: Annotated[str, Meta(pattern=r"^[\w.@-]{1,100}$")]
    role: Role
    units: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    password: str | None = None

    def person(self) -> Person:
        """Give what they may."""
        why = "a viewer may look only" if self.role == "viewer" else None
        return Person(self.name, self.role, self.units, why_read_only=why)


class Users:
    """Remembers the users in a file, and reads it again when it has changed."""

    def __init__(self, file: Path) -> None:
        """Read the file. Raises UsersError where it is not there or holds what is no user."""
        self.file = file
        self._changed, self._by_name = _stamp(file), read_users(file)

    def find(self, name: str) -> User | None:
        """Give the user of that name, None where there is none."""
        self._look_again()
        return self._by_name.get(name)

    def _look_again(self) -> None:
        """Take up a changed file; one that cannot be read leaves the users as they were."""
        try:
            stamp = _stamp(self.file)
            if stamp == self._changed:
                return
            self._changed, self._by_name = stamp, read_users(self.file)
        except UsersError as error:
            log.error("%s: the users stay as they were", error)


def read_users(file: Path) -> dict[str, User]:
    """Give the users in a file by name. Raises UsersError naming the file and the line."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise UsersError(f"{file}: {error.strerror}") from error
    users: dict[str, User] = {}
    for number, line in enumerate(lines, 1):
        try:
            user = msgspec.json.decode(line, type=User)
        except msgspec.MsgspecError as error:
            raise UsersError(f"{file} line {number}: {error}") from error
        if user.name in users:
            raise UsersError(f"{file} line {number}, name: {user.name!r} stands twice")
        users[user.name] = user
    return users


def write_users(file: Path, users: dict[str, User]) -> None:
    """Write the file anew, for its owner's eyes only.

    Raises UsersError where that fails or one is no user; the file is then as it was.
    """
    for user in users.values():
        try:
            msgspec.convert(msgspec.to_builtins(user), User)
        except msgspec.ValidationError as error:
            raise UsersError(f"user {user.name!r}: {error}") from error
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb", opener=lambda path, how: os.open(path, how, 0o600)) as out:
            out.writelines(msgspec.json.encode(user) + b"\n" for user in users.values())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsersError(f"{file}: {error.strerror}") from error


def hashed(password: str) -> str:
    """Give a password's argon2 hash. Raises UsersError where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsersError(f"password: {len(password)} characters, expected {SHORTEST} to {LONGEST}")
    return _HASHER.hash(password)


def is_password(user: User | None, password: str) -> bool:
    """Tell whether a password is a user's; takes as long where there is no such user."""
    known = user.password if user is not None else None
    try:
        _HASHER.verify(known or _of_nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@cache
def _of_nobody() -> str:
    return _HASHER.hash("of nobody")


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError as error:
        raise UsersError(f"{file}: {error.strerror}") from error
    return found.st_mtime_ns, found.st_ino
