"""What a report holds: numbers, tables and bottlenecks, each with unit, sample size and source."""

from typing import Any, NamedTuple

import msgspec

from ingest.units import Seconds


class Number(msgspec.Struct, frozen=True):
    """One figure of a report; `value` is None where nothing was seen that it could be made of.

    `sample_size` counts what `sample` names.
    """

    name: str
    value: float | None
    unit: str
    sample_size: int
    sample: str
    source: str


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its name in files, its unit, and where the definition is from."""

    name: str
    unit: str = ""
    source: str = ""


class Table(msgspec.Struct, frozen=True):
    """A table of a report, also a CSV file of its name."""

    name: str
    columns: list[Column]
    rows: list[list[Any]]

    def column(self, name: str) -> list[Any]:
        """Give a column's values. Raises ValueError where the table has no such column."""
        at = [column.name for column in self.columns].index(name)
        return [row[at] for row in self.rows]


class Coverage(msgspec.Struct, frozen=True):
    """What a report's figures rest on: shares of all segments and minutes of its period.

    `observed` was seen in its own minute, `filled` is from neighbours or the usual value, `missing`
    has no state, or one of sensors that are not believed.
    """

    observed: float
    filled: float
    missing: float
    expected: int  # segments times minutes


class Bottleneck(msgspec.Struct, frozen=True):
    """A place where queues begin: the head segment, and what its queues came to.

    `delay_veh_h` is what vehicles in its queues lost against free flow, `extent_m` the longest
    queue, `occurrences` how often it became active, `minutes` how long in all. `causes` are shares
    of the delay.
    """

    rank: int
    segment_id: str
    road_name: str
    delay_veh_h: float
    extent_m: int
    occurrences: int
    minutes: int
    causes: dict[str, float]
    longitude: float
    latitude: float
    place_en: str = ""
    place_zh: str = ""


class Report(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """A report as `report.json` has it. Times are local, ISO 8601; `notes` say what is lacking."""

    kind: str
    network: str
    start: str
    end: str
    area: str
    coverage: Coverage
    numbers: list[Number]
    bottlenecks: list[Bottleneck]
    tables: list[Table]
    notes: list[str]

    def table(self, name: str) -> Table:
        """Give the table of a name. Raises StopIteration where there is none."""
        return next(table for table in self.tables if table.name == name)

    def number(self, name: str) -> Number:
        """Give the figure of a name. Raises StopIteration where there is none."""
        return next(number for number in self.numbers if number.name == name)


class Told(NamedTuple):
    """An alert as a planner needs it: which segments, since when, until when, why."""

    alert_id: str
    kind: str
    cause: str
    segment_ids: frozenset[str]
    start: Seconds
    end: Seconds
