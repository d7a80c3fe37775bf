"""Time zones by name, and the one where no city's is known."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNKNOWN = ZoneInfo("UTC")
"""Stands for a city's time zone where nothing names it: its days are then those of UTC."""


def time_zone(name: str) -> ZoneInfo:
    """Give the zone of a name such as Asia/Shanghai. Raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r}, expected a zone such as Asia/Shanghai") from error
