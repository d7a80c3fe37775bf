"""Which dates are not what their day of the week suggests."""

from datetime import date, datetime

import msgspec

SLOT_S = 900
"""Length of a slot of the typical week. Unit: s. Source: chosen, a quarter of an hour."""


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The local dates that are not what their day of the week suggests."""

    holidays: tuple[date, ...] = ()
    """Days of the week on which people are off. Unit: none. Source: the city's calendar."""
    workdays: tuple[date, ...] = ()
    """Days of the weekend on which people work. Unit: none. Source: the city's calendar."""

    def day_and_slot(self, local: datetime) -> tuple[int, int]:
        """Give the index into DAY_TYPES and the quarter of an hour of a local time."""
        day = local.date()
        is_off = day in self.holidays or (local.weekday() >= 5 and day not in self.workdays)
        return int(is_off), (local.hour * 3600 + local.minute * 60) // SLOT_S
