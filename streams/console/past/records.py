"""What the console tells of the past; the TypeScript twin is page/src/past/contract.ts."""

from typing import Literal

import msgspec

from congestion.corridor_times import CorridorTime
from congestion.indices import AreaIndices
from incidents.records import Alert
from incidents.response.jams import Jam
from ingest.units import Seconds
from streams.console.contract import MinuteSummary, StatesSnapshot


class PastDay(msgspec.Struct, frozen=True):
    """A local day (YYYY-MM-DD) with its first and its last stored minute.

    `holes` are between them: the first and the last minute of each stretch that is not stored.
    Times are starts of minutes, seconds since 1970 UTC.
    """

    date: str
    first: Seconds
    last: Seconds
    holes: list[tuple[Seconds, Seconds]] = []


class PastDays(msgspec.Struct, frozen=True):
    """The days that can be looked back at, the oldest first; `why_none` where there are none."""

    days: list[PastDay]
    why_none: Literal["no_lake", "empty"] | None = None


class PastMinute(msgspec.Struct, frozen=True):
    """The city as it was at the end of a minute (its start, seconds since 1970 UTC).

    `states` are those of the minute, their drawn level that of some minutes up to it; `alerts` are
    the versions that were the newest then, of those that were active or over for an hour at most,
    and `jams` those of them that were one jam. `areas` and `corridors` are of the minute's states.
    """

    minute: Seconds
    states: StatesSnapshot
    summary: MinuteSummary | None
    alerts: list[Alert]
    jams: list[Jam]
    areas: list[AreaIndices]
    corridors: list[CorridorTime]
