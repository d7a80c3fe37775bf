"""Sums of the lake's days of states: of districts and minutes, segments and days, and detectors."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from congestion.detectors.settings.health import HealthSettings
from congestion.profile_build.detector_days import detector_days
from congestion.profile_build.stored_states import detectors_of
from congestion.reports.area_minutes import area_minutes
from congestion.reports.area_rows import stored_rows
from congestion.reports.engines import open_engine
from congestion.reports.kept_sums import KeptSums
from congestion.reports.segment_days import segment_day_rows
from congestion.reports.stored import readable_files, segments_table, states_of
from congestion.reports.versions import NETWORK_VERSION_KEY, network_version
from congestion.roadside import place_roadside
from congestion.stored_file import file_stamp
from ingest.recorded.assets import Assets
from mapmatch.network import Network
from streams.lake.layout import (
    AREA_MINUTES,
    BLOCKS_KEY,
    DETECTOR_DAYS,
    SEGMENT_DAYS,
    STATES,
    Day,
    Place,
    blocks_metadata,
    days,
    file_metadata,
    place_of,
    write_whole,
)
from streams.lake.soundness import UnsoundError, broken_rows, plainly, sound_metadata

STATES_KEY = b"states"
"""Metadata of sums: the stamps of the files of states that they were made of."""
ONE_DAY = timedelta(days=1)
Say = Callable[[str], None]


def sum_days(
    lake: Path, network: Network, zone: str, say: Say = lambda _: None,
    wrong: Say = lambda _: None,
) -> int:  # fmt: skip
    """Make the sums of the days of states that have none, or others; give of how many.

    Of this network's name only. A day that cannot be used is told as wrong. Raises OSError.
    """
    everywhere = np.ones(network.segment_count, np.bool_)
    segments = segments_table(network, everywhere, network.region.astype(np.int32))
    metadata = file_metadata(network.name, network_version(network), zone)
    kept = kept_sums([day.file for day in days(lake, STATES)], network)
    made = 0
    for day in days(lake, STATES):
        is_kept = day.file in kept.areas and day.file in kept.segments
        if day.place.network != network.name or is_kept:
            continue
        say(f"sums of {day.place.date}, region {day.place.region}")
        try:
            sound_metadata(day.file, STATES)
            made += _sum_day(lake, day, segments, metadata)
        except (UnsoundError, duckdb.Error) as error:
            why = broken_rows(day.file) if isinstance(error, duckdb.Error) else None
            wrong(f"{day.file}: {why or plainly(error)}")
    return made


def _sum_day(lake: Path, day: Day, segments: pa.Table, metadata: dict[bytes, bytes]) -> int:
    readable = readable_files([day.file])
    if not readable.files:
        return 0
    con = open_engine()
    of_network = con.create_table("segments", ibis.memtable(segments))
    states = states_of(con, [day.file], readable.period)
    of = metadata | {STATES_KEY: _stamp([day.file])}
    areas, sums = (day.place.day_file(lake, table) for table in (AREA_MINUTES, SEGMENT_DAYS))
    minutes = stored_rows(area_minutes(states, of_network))
    write_whole(minutes.replace_schema_metadata(of | blocks_metadata(areas)), areas)
    rows = segment_day_rows(states, of_network)
    write_whole(rows.replace_schema_metadata(of), sums)
    con.disconnect()
    return 1


def kept_sums(states: Iterable[Path], network: Network) -> KeptSums:
    """Give the sums that a lake keeps of files of its states, where they are of this network."""
    version = network_version(network)
    areas, segments = dict[Path, Path](), dict[Path, Path]()
    for file in states:
        place = place_of(file)
        if place is None:
            continue
        lake = file.parents[4]
        for table, found in ((AREA_MINUTES, areas), (SEGMENT_DAYS, segments)):
            sums = place.folder(lake, table) / file.name
            if _is_of(sums, file, version):
                found[file] = sums
    return KeptSums(areas, segments)


def _is_of(sums: Path, states: Path, version: str) -> bool:
    """Tell whether sums are of a file of states as it is now; a block's go by its name."""
    try:
        metadata = pq.read_schema(sums).metadata or {}
        stamp = metadata.get(STATES_KEY)
        is_same = stamp == _stamp([states]) if stamp else BLOCKS_KEY not in metadata
        return is_same and metadata.get(NETWORK_VERSION_KEY) == version.encode()
    except (OSError, pa.ArrowInvalid):
        return False


def _stamp(states: Iterable[Path]) -> bytes:
    return ",".join(file_stamp(file) for file in states).encode()


def judge_detectors(
    lake: Path, network: Network, assets: Assets, zone: str, health: HealthSettings,
    say: Say = lambda _: None,
) -> int:  # fmt: skip
    """Write how each detector behaved on each day of states; give of how many days it was made.

    A day is judged after the day before it, whose faults it may go on with. Raises OSError.
    """
    if not assets.detectors:
        return 0
    of_dates: dict[str, list[Path]] = {}
    for day in days(lake, STATES):
        if day.place.network == network.name:
            of_dates.setdefault(day.place.date, []).append(day.file)
    metadata = file_metadata(network.name, network_version(network), zone)
    detectors = detectors_of(network, place_roadside(network, assets))
    made = 0
    for name in sorted(of_dates):
        before = of_dates.get((date.fromisoformat(name) - ONE_DAY).isoformat(), [])
        of = metadata | {STATES_KEY: _stamp([*before, *of_dates[name]])}
        if _metadata(Place(network.name, name, 0).day_file(lake, DETECTOR_DAYS)) == of:
            continue
        say(f"detectors on {name}")
        files = [*before, *of_dates[name]]
        found = detector_days(files, detectors, assets, zone, health).rows
        rows = found.filter(pc.equal(found["date"], name)).drop_columns(["date"])
        at = [network.region[network.index_of(s) or 0] for s in rows["segment_id"].to_pylist()]
        for region in range(network.region_count):
            mine = rows.filter(pa.array(np.array(at) == region)) if at else rows
            file = Place(network.name, name, region).day_file(lake, DETECTOR_DAYS)
            write_whole(mine.replace_schema_metadata(of), file)
        made += 1
    return made


def _metadata(file: Path) -> dict[bytes, bytes]:
    try:
        return dict(pq.read_schema(file).metadata or {})
    except (OSError, pa.ArrowInvalid):
        return {}
