"""Reading back what was stored: the states and incidents of a lake's folder, or of a run's."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from incidents.records import Alert
from ingest.user_error import UserError, reason_of
from streams.lake import layout
from streams.lake.layout import TIMEZONE_KEY

Wrong = Callable[[str], None]
RUN_STATES = "segment_states.parquet"


YEARS = range(1970, 2201)
"""Years that a time or a day may be of. Unit: a. Source: chosen, what times since 1970 can be
summed to."""


class StoredError(UserError):
    """A folder in which nothing is stored, or a file of it that cannot be used."""


def _refused(line: str) -> None:
    raise StoredError(line)


def state_files(folders: Iterable[Path]) -> list[Path]:
    """Give the Parquet files of states. Raises StoredError naming a folder that has none."""
    found: list[Path] = []
    for folder in folders:
        files = table_files(folder, layout.STATES)
        run = folder / RUN_STATES
        files += [run] if run.is_file() else []
        if not files:
            raise StoredError(
                f"{folder}: no states kept, expected "
                f"{layout.STATES.name}/network=*/date=*/region=*/*.parquet (a lake), or "
                f"{RUN_STATES} (a run)"
            )
        found += files
    return found


def table_files(lake: Path, table: layout.LakeTable, within: str = layout.ANYWHERE) -> list[Path]:
    """Give a lake's files of a table: its days, and the blocks that are in no day yet.

    `within` names some of the table's folders. Blocks are listed first: one that is put into a day
    meanwhile is then missed when it is read, and never left out unseen.
    """
    blocks = layout.blocks(lake, table, within)
    found = [day.file for day in layout.days(lake, table, within)]
    of_days = {file.parent: layout.blocks_of_day(file) for file in found}
    for block in blocks:
        of_day = of_days.get(block.file.parent, {})
        is_named = block.file.name in of_day
        if not is_named or not layout.is_in_day(block.file, _row_count(block.file), of_day):
            found.append(block.file)
    return found


def _row_count(file: Path) -> int:
    """Give the rows of a file, more than any has where it cannot be read."""
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowInvalid):
        return sys.maxsize


def timezone_of_runs(files: Iterable[Path]) -> str | None:
    """Give the time zone that the files of runs and lakes name, None where none does.

    Raises StoredError where two of them name different zones, or one that there is not.
    """
    zones: dict[str, Path] = {}
    for file in files:
        if (name := _timezone(file)) is not None:
            zones[name] = file
    if len(zones) > 1:
        (one, file), (other, another) = list(zones.items())[:2]
        raise StoredError(
            f"{file} is of {one} and {another} of {other}, expected one time zone: "
            "give the city's with --timezone"
        )
    return next(iter(zones), None)


def _timezone(file: Path) -> str | None:
    """Give the time zone in the metadata of a file, None where it cannot be read.

    Raises StoredError where there is no such zone.
    """
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    name = metadata.get(TIMEZONE_KEY)
    if name is None:
        return None
    try:
        return ZoneInfo(name.decode()).key
    except (ValueError, KeyError, OSError) as error:  # whatever such a key stands for
        raise StoredError(
            f"{file}: time zone {name!r}, expected one of the IANA database, such as "
            "Asia/Shanghai: give the city's with --timezone"
        ) from error


def traversal_files(folders: Iterable[Path]) -> list[Path]:
    """Give the Parquet files of traversals, of a lake or of a run."""
    found: list[Path] = []
    for folder in folders:
        found += table_files(folder, layout.TRAVERSALS)
        run = folder / "traversals.parquet"
        found += [run] if run.is_file() else []
    return found


def incident_days(
    folders: Iterable[Path], timezone: str, wrong: Wrong = _refused
) -> list[tuple[str, str]]:
    """Give the segments and local dates of incidents: their roots and the queues behind them.

    Hot spots do not count, nor incidents that an operator dismissed. What cannot be read as in
    `stored_alerts`.
    """
    zone, days, dismissed = ZoneInfo(timezone), dict[str, set[tuple[str, str]]](), set[str]()
    for alert in stored_alerts(folders, wrong):
        if alert.kind != "incident":
            continue
        if alert.state == "dismissed":
            dismissed.add(alert.alert_id)
        day = f"{datetime.fromisoformat(alert.onset_time).astimezone(zone):%Y-%m-%d}"
        places = {alert.segment_id, *alert.queue_segment_ids}
        days.setdefault(alert.alert_id, set()).update((place, day) for place in places)
    counted = (places for alert_id, places in days.items() if alert_id not in dismissed)
    return sorted(set().union(*counted))


def stored_alerts(folders: Iterable[Path], wrong: Wrong = _refused) -> Iterable[Alert]:
    """Give every stored version once.

    What cannot be read, a file or a row of it, goes to `wrong` as a line and is left out; unless
    told otherwise StoredError is raised.
    """
    seen: set[tuple[Path, str, int]] = set()
    for folder in folders:
        run = folder / "alerts.jsonl"
        files = table_files(folder, layout.ALERTS)
        files += [run] if run.is_file() else []
        for file in files:
            for row, line in enumerate(_lines(file, file == run, wrong), 1):
                alert = _alert(line, file, row, wrong)
                key = None if alert is None else (folder, alert.alert_id, alert.version)
                if alert is not None and key is not None and key not in seen:
                    seen.add(key)
                    yield alert


def _lines(file: Path, is_text: bool, wrong: Wrong) -> Sequence[bytes | str | None]:
    try:
        if is_text:
            return file.read_bytes().splitlines()  # as text it would split at U+2028
        lines = pq.read_table(file, columns=["json"], partitioning=None)["json"]
        return list(lines.to_pylist())
    except FileNotFoundError:  # put together meanwhile, see `table_files`
        raise
    except (OSError, ValueError) as error:
        wrong(f"{file}: {reason_of(error)}")
        return []


def _alert(line: bytes | str | None, file: Path, row: int, wrong: Wrong) -> Alert | None:
    try:
        alert = msgspec.json.decode(line or b"", type=Alert)
        for time in (alert.onset_time, alert.event_time, *(event.time for event in alert.log)):
            _check_time(time)
    except (ValueError, TypeError) as error:
        wrong(f"{file} row {row}: {reason_of(error)}, expected an alert")
        return None
    return alert


def _check_time(text: str) -> None:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment.year not in YEARS:
        raise ValueError(f"time {text!r}, expected one from {YEARS[0]} on with a zone")
