"""A frame: one Arrow record batch with a header, the unit every frame topic carries."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa

from ingest.columns import ColumnError, cast_column
from ingest.units import Seconds

SCHEMA_VERSION = 1
HIGHEST_FLOW_VEH_H = 43_200.0
"""No flow is greater. Unit: veh/h. Source: chosen; twelve lanes that each pass one vehicle a
second."""
_HEADER_KEY = b"clearway"

_TIME = pa.timestamp("ms", tz="UTC")

FIXES = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("fleet", pa.string()),
        ("event_time", _TIME),
        ("arrival_time", _TIME),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("speed_kmh", pa.float32()),
        ("heading_deg", pa.float32()),
    ]
)
LONGEST_INTERVAL_S = 3600
"""Of a detector's reading. Unit: s. Source: chosen; agencies average loops over 20 s to 15 min,
some publish hours."""
READINGS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("interval_start", _TIME),
        ("interval_s", pa.int32()),
        ("vehicle_count", pa.float32()),
        ("occupancy", pa.float32()),
        ("speed_kmh", pa.float32()),
        ("unpaired_count", pa.float32()),
    ]
)
"""A count is a float: NaN where none was sent, and a flow an hour seldom makes whole vehicles.

`unpaired_count` is NaN but in readings made of a detector's events: how many of these lacked their
other half, an on without its off or an off without its on."""
FLOW = "flow_veh_h"
SENT_READINGS = READINGS.append(pa.field(FLOW, pa.float32()))
"""Readings as cities send them: a flow an hour may stand where there is no count."""
OPTIONAL_OF_READINGS = frozenset(
    {"vehicle_count", FLOW, "occupancy", "speed_kmh", "unpaired_count"}
)
"""Columns of SENT_READINGS that may be left out."""
CAMERA_EVENTS = pa.schema(
    [
        ("camera_id", pa.string()),
        ("approach_id", pa.string()),
        ("event_time", _TIME),
        ("kind", pa.string()),
        ("lane", pa.int16()),
        ("plate_hash", pa.string()),
        ("speed_kmh", pa.float32()),
        ("dwell_s", pa.float32()),
    ]
)
"""Camera events past the edge carry a keyed hash, never a plate."""


class FrameHeader(msgspec.Struct, frozen=True, omit_defaults=True):
    """What travels with a frame: who made it, which one it is, and how far event time has got.

    `channel` names the maker (a replay, an ingest partition, a match partition). `sequence` grows
    within a channel; a frame whose sequence was already taken is a repeat and is dropped.
    `watermark` (seconds since 1970 UTC) promises that the channel's later frames hold no row the
    receiver should wait for before that time; None where the maker makes no promise.
    """

    channel: str = ""
    sequence: int | None = None
    watermark: Seconds | None = None
    version: int = SCHEMA_VERSION
    payload: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Frame:
    """One decoded frame."""

    header: FrameHeader
    batch: pa.RecordBatch


class FrameError(ValueError):
    """Bytes that are not a frame, or a frame of another schema."""


def encode_frame(batch: pa.RecordBatch, header: FrameHeader) -> bytes:
    """Give the bytes of one Arrow IPC stream holding the batch, with the header in its schema."""
    schema = batch.schema.with_metadata({_HEADER_KEY: msgspec.json.encode(header)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def decode_frame(data: bytes, schema: pa.Schema) -> Frame:
    """Give the frame in the bytes, its batch cast to the schema; other columns are dropped.

    Readings may lack OPTIONAL_OF_READINGS and have a flow for a count.
    Every offset and text in the batch is checked, so that damaged bytes cannot reach a kernel.
    Raises FrameError naming the column when the bytes are no Arrow stream of one batch, lack a
    column or hold one that is not of the schema's kind.
    """
    try:
        with pa.ipc.open_stream(data) as reader:
            batches, schema_found = list(reader), reader.schema
        header = _decode_header(schema_found.metadata or {})
        if len(batches) != 1:
            raise FrameError(f"a stream of {len(batches)} batches, expected one")
        batches[0].validate(full=True)
        if schema is READINGS:
            sent = _cast(batches[0], SENT_READINGS, OPTIONAL_OF_READINGS)
            return Frame(header, with_counts(sent))
        return Frame(header, _cast(batches[0], schema))
    except FrameError:
        raise
    except (pa.ArrowException, OSError, EOFError, ValueError) as error:
        raise FrameError(f"not an Arrow IPC stream: {error}") from error


def with_counts(sent: pa.RecordBatch) -> pa.RecordBatch:
    """Give READINGS of SENT_READINGS: without a count, flow x interval / 3600 is the count.

    The count is not rounded: a flow of 2 veh/h would be no vehicle in every minute. A flow that
    says "none" stays as it is, for the check of readings to set aside.
    """
    flows, counts, seconds = (
        sent.column(name).cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        for name in (FLOW, "vehicle_count", "interval_s")
    )
    says_none = (flows < 0.0) | (flows > HIGHEST_FLOW_VEH_H)
    of_flows = np.where(says_none, flows, flows * (seconds / 3600.0))
    counts = np.where(np.isnan(counts), of_flows, counts).astype(np.float32)
    columns = [
        pa.array(counts) if name == "vehicle_count" else sent.column(name)
        for name in READINGS.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=READINGS)


def _decode_header(metadata: dict[bytes, bytes]) -> FrameHeader:
    try:
        header = msgspec.json.decode(metadata.get(_HEADER_KEY, b"{}"), type=FrameHeader)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameError(f"frame header: {error}") from error
    if header.version != SCHEMA_VERSION:
        raise FrameError(f"frame version {header.version}, expected {SCHEMA_VERSION}")
    return header


def _cast(
    batch: pa.RecordBatch, schema: pa.Schema, optional: frozenset[str] = frozenset()
) -> pa.RecordBatch:
    if batch.schema.equals(schema):
        return batch.replace_schema_metadata(None)
    names = batch.schema.names
    arrays = []
    for field in schema:
        if field.name in optional and field.name not in names:
            arrays.append(pa.nulls(batch.num_rows, field.type))
            continue
        if names.count(field.name) != 1:
            found = (
                f"is there {names.count(field.name)} times" if field.name in names else "is missing"
            )
            raise FrameError(f"column {field.name!r} {found}, expected {field.type}")
        try:
            arrays.append(cast_column(batch.column(field.name), field.type))
        except ColumnError as error:
            raise FrameError(f"column {field.name!r}: {error}") from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
