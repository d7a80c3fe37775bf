"""The guard that the settings of a console ask for."""

import logging
from pathlib import Path

from streams.console.access.audit import Audit
from streams.console.access.guard import Guard, UnitsOf, is_loopback
from streams.console.access.users import Users
from streams.settings import ConsoleSettings, SettingsError

log = logging.getLogger(__name__)


def guard_of(settings: ConsoleSettings, units_of: UnitsOf) -> Guard:
    """Give the guard; says in the log what it will not let anybody do.

    Raises UsersError for a bad file of users, SettingsError for settings that do not go together,
    OSError where the audit's file cannot be written.
    """
    is_open = not is_loopback(settings.host)
    if settings.users is None:
        if settings.user_header is not None:
            raise SettingsError("console.user_header needs console.users, which says their roles")
        if is_open:
            log.warning(
                "%s is beyond this machine and there are no users: everybody may look, nobody "
                "commands; make users with `clearway users add`", settings.host,
            )  # fmt: skip
        return Guard(is_open=is_open)
    file = Path(settings.users)
    return Guard(
        Users(file),
        is_open=is_open,
        user_header=settings.user_header,
        audit=Audit(Path(settings.audit) if settings.audit else file.with_name("audit.jsonl")),
        units_of=units_of,
    )
