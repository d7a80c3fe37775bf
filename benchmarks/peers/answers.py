"""What a peer answered, as the tables that our matcher gives."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa


class PeerAnswers:
    """The segments of each vehicle's fixes and the route it drove, vehicle by vehicle."""

    def __init__(self) -> None:
        self._matched: list[tuple[str, pd.Timestamp, str | None]] = []
        self._driven: list[tuple[str, str]] = []

    def add(self, rows: pd.DataFrame, segments: Sequence[str | None], route: Sequence[str]) -> None:
        """Take one vehicle's answers; `segments` are of its fixes, `rows`."""
        self._matched += zip(rows.vehicle_id, rows.event_time, segments, strict=True)
        self._driven += [(rows.vehicle_id.iloc[0], segment) for segment in route]

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Give matched fixes and routes."""
        matched = pd.DataFrame(self._matched, columns=["vehicle_id", "event_time", "segment_id"])
        driven = pd.DataFrame(self._driven, columns=["vehicle_id", "segment_id"])
        return pa.Table.from_pandas(matched), pa.Table.from_pandas(driven)
