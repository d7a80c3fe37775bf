"""Who looks at the console, and what they may."""

from typing import Literal

import msgspec

Role = Literal["viewer", "operator", "admin"]
DEMO = "demo"
"""The operator of a console that has no users and that only this machine reaches."""


class Person(msgspec.Struct, frozen=True):
    """Somebody at the console; `why_read_only` says why they may command nothing, if so.

    `units` are those whose cases they may command; none stands for the whole city.
    """

    name: str | None
    role: Role
    units: tuple[str, ...] = ()
    is_demo: bool = False
    why_read_only: str | None = None
