"""The typical week: what is usual on each segment in each quarter of an hour, and its free flow."""

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.profile.calendar import Calendar
from ingest.kernels.arrays import Floats
from ingest.units import KMH, Seconds
from ingest.user_error import UserError, reason_of
from mapmatch.network import Network

Halves = npt.NDArray[np.float16]

SCHEMA_VERSION = 1
SLOTS = 96
DAY_TYPES = ("workday", "weekend")
RUNGS = ("off_peak", "any_time", "class", "limit")
"""How a free-flow speed was found, best first: the 85th percentile of the segment's own off-peak
minutes; of all its minutes; its class's share of the limit; the limit and the signal at its end."""


class ProfileError(UserError):
    """A typical week that cannot be read, or one of another network."""


@dataclass(frozen=True)
class Week:
    """A typical week of n segments, its large arrays mapped from files; NaN where unknown."""

    timezone: str
    median_kmh: Halves  # day types x SLOTS x n
    spread_kmh: Halves  # the same; a standard deviation, by the quartiles
    free_flow_kmh: npt.NDArray[np.float32]  # n
    rung: npt.NDArray[np.int8]  # n, index into RUNGS
    calendar: Calendar = field(default_factory=Calendar)

    def usual(self, time: Seconds) -> tuple[Floats, Floats]:
        """Give median and spread (m/s) of each segment at a time (s since 1970 UTC)."""
        day, slot = self.calendar.day_and_slot(
            datetime.fromtimestamp(time, ZoneInfo(self.timezone))
        )
        return (
            self.median_kmh[day, slot].astype(np.float64) / KMH,
            self.spread_kmh[day, slot].astype(np.float64) / KMH,
        )


def identity(network: Network) -> str:
    """Name the segments of a network, so that a profile of others is recognised."""
    whole = zlib.crc32("\n".join(network.segment_ids).encode())
    return f"{network.segment_count}/{whole:08x}"


def save_week(week: Week, network: Network, folder: Path) -> None:
    """Write a profile into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("median_kmh", "spread_kmh", "free_flow_kmh", "rung"):
        np.save(folder / f"{name}.npy", getattr(week, name), allow_pickle=False)
    head = {
        "format": SCHEMA_VERSION, "network": identity(network), "timezone": week.timezone,
        "calendar": msgspec.to_builtins(week.calendar),
    }  # fmt: skip
    (folder / "week.json").write_text(json.dumps(head, indent=1) + "\n")


def load_week(folder: Path, network: Network) -> Week:
    """Map a profile. Raises ProfileError where there is none, or one of other segments."""
    try:
        head = json.loads((folder / "week.json").read_text())
        calendar = msgspec.convert(head.get("calendar", {}), Calendar)
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r")
            for name in ("median_kmh", "spread_kmh", "free_flow_kmh", "rung")
        }
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        raise ProfileError(f"{folder}: {reason}, expected the folder of a typical week") from error
    expected = {"format": SCHEMA_VERSION, "network": identity(network)}
    found = {key: head.get(key) for key in expected}
    if found != expected:
        raise ProfileError(f"{folder / 'week.json'}: {found}, expected {expected}; build it again")
    return Week(timezone=head["timezone"], **arrays, calendar=calendar)
