"""Travel times by plate and faults of detectors of a run, as two files."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.records import DetectorFault, PathTime
from ingest.frames import Frame
from streams.stages.minute_header import MinuteHeader

_TIME = pa.timestamp("ms", tz="UTC")
PATH_TIMES = pa.schema(
    [
        ("interval_start", _TIME),
        ("from_approach", pa.string()),  # camera_id/approach_id, a slash in the first as %2F
        ("to_approach", pa.string()),
        ("segment_id", pa.string()),  # one row a segment of the path, in driven order
        ("segment_time_s", pa.float32()),  # its share of the path's
        ("travel_time_s", pa.float32()),
        ("length_m", pa.float32()),
        ("vehicle_count", pa.int32()),
    ]
)
DETECTOR_FAULTS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("segment_id", pa.string()),
        ("fault", pa.string()),
        ("since", _TIME),
        ("until", _TIME),  # null where a fault begins; the row that ends it has the same since
        ("evidence", pa.string()),
    ]
)


class PathTimesAndFaults:
    """Remembers those of every minute of a run, in the order of the frames."""

    def __init__(self) -> None:
        self._path_times: list[PathTime] = []
        self._faults: list[DetectorFault] = []

    def take(self, frame: Frame) -> None:
        """Take one region's minute."""
        of_minute = msgspec.json.decode(frame.header.payload, type=MinuteHeader)
        self._path_times += of_minute.path_times
        self._faults += of_minute.faults

    def write(self, folder: Path) -> None:
        """Write both as Parquet."""
        rows = [
            (_ms(p.minute_start), p.from_approach, p.to_approach, segment, seconds,
             p.travel_time_s, p.length_m, p.vehicle_count)
            for p in self._path_times
            for segment, seconds in zip(p.segment_ids, p.segment_times_s, strict=True)
        ]  # fmt: skip
        pq.write_table(_table(rows, PATH_TIMES), folder / "path_times.parquet")
        faults = [
            (f.detector_id, f.segment_id, f.fault, _ms(f.since), _ms(f.until), f.evidence)
            for f in self._faults
        ]
        pq.write_table(_table(faults, DETECTOR_FAULTS), folder / "detector_faults.parquet")


def _ms(time: float | None) -> int | None:
    return None if time is None else round(time * 1000.0)


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
