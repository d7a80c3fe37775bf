"""The days of states that a profile counts: those that are new or changed are looked through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.profile_build.slot_counts import SlotCounts, by_date
from congestion.profile_build.stored_states import readable_states
from congestion.stored_file import StoredFileError, check_columns, minute_bounds
from ingest.recorded.feed_error import FeedError
from ingest.user_error import reason_of
from mapmatch.network import Network
from streams.lake.reading import StoredError

NEEDED = ("interval_start", "segment_id", "speed_kmh", "quality")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Counted:
    """The counts of a profile's days, the files that can be read, and a line for what cannot."""

    counts: SlotCounts
    files: list[Path]
    not_used: list[str]


def count_days(
    folder: Path, states: Sequence[Path], network: Network, zone: str,
    days: tuple[date | None, date | None], say: Say = lambda _: None,
) -> Counted:  # fmt: skip
    """Count the days of states that a profile's folder has not counted yet, or of other files.

    Only the files of these days are read. Raises StoredError where no file can be read or no day
    is left, OSError, of these FileNotFoundError where a file is gone meanwhile.
    """
    counts = SlotCounts(folder, network, ZoneInfo(zone))
    whole, not_used = [], []
    for file in states:
        wrong = _wrong_with(file)
        if wrong is None:
            whole.append(file)
        else:
            not_used.append(wrong)
    if not whole:
        raise StoredError(f"no file of states can be read: {not_used[0]}")
    dated = by_date(whole, counts.zone).within(*days)
    stale = counts.stale(dated)
    new = list(dict.fromkeys(file for files in stale.files.values() for file in files))
    good, unusable = readable_states(new, network)
    not_used += [str(found) for found in unusable]
    for day, files in stale.files.items():
        readable = [file for file in files if file in good]
        if readable:
            say(f"counting {day}")
            counts.count(day, readable)
    if not counts.dates(*days):
        stored = by_date(whole, counts.zone).files
        raise StoredError(
            f"no day of states from {days[0] or 'the first'} to {days[1] or 'the last'}, expected "
            f"one of {min(stored, default=None)} to {max(stored, default=None)}"
        )
    return Counted(counts, whole, not_used)


def _wrong_with(file: Path) -> str | None:
    """Give a line where a file is not whole, or lacks what is counted."""
    try:
        metadata = pq.read_metadata(file)
        check_columns(metadata.schema.to_arrow_schema(), NEEDED)
        minute_bounds(metadata)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowInvalid) as error:
        return str(FeedError(file, "a whole Parquet file", value=reason_of(error)))
    except StoredFileError as error:
        return f"{file}: {error}"
    return None
