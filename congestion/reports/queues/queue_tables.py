"""Tables of bottlenecks, of each time that one was active, and of delay by cause."""

from congestion.reports import sources
from congestion.reports.local_time import local_text
from congestion.reports.opened import Opened
from congestion.reports.queues.bottlenecks import Ranked, delay_by_cause
from congestion.reports.records import Bottleneck, Column, Table

BOTTLENECKS = [
    Column("rank"), Column("segment_id"), Column("road_name"),
    Column("delay_veh_h", "veh h", sources.DELAY), Column("extent_m", "m", sources.QUEUES),
    Column("occurrences", "count", sources.QUEUES), Column("minutes", "min", sources.QUEUES),
    Column("causes", "shares of the delay"), Column("longitude", "deg"), Column("latitude", "deg"),
    Column("place_en"), Column("place_zh"),
]  # fmt: skip
OCCURRENCES = [
    Column("segment_id"), Column("from"), Column("to"), Column("minutes", "min", sources.QUEUES),
    Column("delay_veh_h", "veh h", sources.DELAY), Column("extent_m", "m", sources.QUEUES),
]  # fmt: skip


def bottlenecks_table(bottlenecks: list[Bottleneck]) -> Table:
    """Give the ranked bottlenecks, a row each."""
    rows = [
        [
            b.rank, b.segment_id, b.road_name, b.delay_veh_h, b.extent_m, b.occurrences, b.minutes,
            ", ".join(f"{name} {share:.0%}" for name, share in b.causes.items()),
            b.longitude, b.latitude, b.place_en, b.place_zh,
        ]
        for b in bottlenecks
    ]  # fmt: skip
    return Table("bottlenecks", BOTTLENECKS, rows)


def occurrences_table(opened: Opened, ranked: Ranked) -> Table:
    """Give each time that a bottleneck was active, in order of time."""
    ids, zone = opened.network.segment_ids, opened.zone
    rows = [
        [ids[o.place], local_text(o.start, zone), local_text(o.end, zone), o.minutes,
         round(o.delay_veh_h, 2), round(o.extent_m)]
        for o in sorted(ranked.occurrences, key=lambda o: (o.start, ids[o.place]))
    ]  # fmt: skip
    return Table("occurrences", OCCURRENCES, rows)


def causes_table(opened: Opened, ranked: Ranked) -> Table:
    """Give the delay of the period by cause: of queues, then what was lost outside of any."""
    by_cause = delay_by_cause(ranked)
    total = float(opened.minutes.delay_veh_h.sum())
    by_cause["outside_queues"] = max(0.0, total - sum(by_cause.values()))
    columns = [
        Column("cause"), Column("delay_veh_h", "veh h", sources.DELAY), Column("share", "share"),
        Column("sample_size", "queue segment minutes"),
    ]  # fmt: skip
    count = len(ranked.queues.member)
    rows = [
        [cause, round(lost, 2), round(lost / max(total, 1e-9), 4), count]
        for cause, lost in by_cause.items()
    ]
    return Table("causes", columns, rows)
