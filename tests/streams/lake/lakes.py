"""Lakes of the tests: blocks of a drawn network, in the folders that the store agents use."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.reports.area_rows import area_rows
from congestion.reports.versions import network_version
from mapmatch.network import Network
from streams.lake import layout
from streams.lake.layout import LakeTable, Place, block_name, file_metadata
from tests.congestion.reports.stored_minutes import write_states

ZONE = "Asia/Shanghai"


def block_file(
    lake: Path, table: LakeTable, first: int, date: str = "2026-09-16", region: int = 0,
    partition: int = 0,
) -> Path:  # fmt: skip
    """Give where a block of the network `city` lies; its folder is there."""
    folder = Place("city", date, region).folder(lake, table)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / block_name(partition, first, 0)


def states_block(
    lake: Path, city: Network, first: int, minutes: int, start: float, date: str = "2026-09-16",
    partition: int = 0,
) -> Path:  # fmt: skip
    """Write minutes of states as a store agent does, with their area minutes."""
    states = block_file(lake, layout.STATES, first, date, partition=partition)
    areas = block_file(lake, layout.AREA_MINUTES, first, date, partition=partition)
    rows = pq.read_table(write_states(states, city, [{}] * minutes, start), partitioning=None)
    for table, file in ((rows, states), (area_rows(city, rows), areas)):
        write_named(table, city, file)
    return states


def write_named(table: pa.Table, city: Network, file: Path) -> Path:
    """Write a table with the metadata of a lake's file."""
    metadata = file_metadata("city", network_version(city), ZONE)
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file
