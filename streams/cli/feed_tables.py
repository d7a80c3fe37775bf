"""Tables of what a check of a feed found."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from ingest.feed_check.spread import Spread
from streams.cli.terminal import Screen
from streams.feed_check.records import FeedCheck, FieldCheck, SourceCheck

_FILE_WIDTH = 160
"""Width of the tables where they go to a file. Unit: characters. Source: chosen, so that no cell is
broken."""


def print_check(found: FeedCheck) -> None:
    """Print the sources, their numbers, what is placed, what is ignored and what will be seen."""
    screen = Screen(highlight=False, markup=False, soft_wrap=True)
    if not screen.is_terminal:
        screen.width = _FILE_WIDTH
    zone = ZoneInfo(found.timezone)
    span = " to ".join(_moment(at, zone) for at in (found.start, found.end))
    screen.print(f"{found.feed}: {span} {found.timezone}, datum {found.datum}")
    if found.sources:
        screen.print(_sources(found, zone))
        screen.print(_fields(found))
    if found.placed:
        screen.print(_placed(found))
    for line in _ignored(found):
        screen.print(line)
    if found.seen:
        screen.print(_seen(found))
    if not found.attention:
        screen.print("nothing needs attention")
    for finding in found.attention:
        screen.print(f"attention: {finding}")


def _sources(found: FeedCheck, zone: ZoneInfo) -> Table:
    table = Table("source", "rows", "devices", "from", "to", "every, s", "delay, s", "rows/min",
                  "used", box=None)  # fmt: skip
    for source in found.sources:
        rate = source.rate
        table.add_row(
            source.source, f"{rate.row_count:,}", f"{rate.device_count:,}",
            _clock(rate.first, zone), _clock(rate.last, zone), _spread(rate.interval_s),
            _spread(source.delay_s), f"{rate.rows_per_minute:,.0f}",
            _used(source) if found.network else "-",
        )  # fmt: skip
    return table


def _fields(found: FeedCheck) -> Table:
    table = Table("number", "of", "there in", "low, median, high", "unit", "fits", box=None)
    for source in found.sources:
        for field in source.fields:
            table.add_row(
                field.field, source.source, f"{field.present_share:.0%}", _spread(field.spread),
                field.unit, _fits(field),
            )  # fmt: skip
    return table


def _placed(found: FeedCheck) -> Table:
    heads = ("on the network", "count", "placed", "why not", "near a road by datum")
    table = Table(*heads, box=None)
    for kind in found.placed:
        reasons = [f"{reason} {count:,}" for reason, count in kind.reasons.items()]
        if kind.ambiguous_count:
            reasons.append(f"ambiguous, on the likelier road {kind.ambiguous_count:,}")
        near = ", ".join(f"{datum} {share:.0%}" for datum, share in kind.near_road.items())
        table.add_row(kind.kind, f"{kind.count:,}", f"{kind.placed_share:.1%}",
                      ", ".join(reasons) or "none", near)  # fmt: skip
    return table


def _ignored(found: FeedCheck) -> Iterator[str]:
    for source in found.sources:
        for one in source.ignored:
            example = "" if one.example is None else f": {one.example}"
            yield f"a run ignores {one.row_count:,} of {source.source}, {one.reason}{example}"


def _seen(found: FeedCheck) -> Table:
    table = Table("what will be observed", "segments", "km", "by detectors", "lanes of these",
                  "by cameras", "by probes in 15 min", "by any", "probes a segment-hour",
                  box=None)  # fmt: skip
    for seen in found.seen:
        table.add_row(
            seen.road_class, f"{seen.segment_count:,}", f"{seen.length_km:,.0f}",
            f"{seen.detector_share:.0%}", f"{seen.lanes_share:.0%}", f"{seen.camera_share:.0%}",
            f"{seen.probe_share:.0%}", f"{seen.observed_share:.0%}",
            f"{seen.probes_per_segment_hour:.1f}",
        )  # fmt: skip
    return table


def _used(source: SourceCheck) -> str:
    return f"{source.used_count / source.rate.row_count:.1%}" if source.rate.row_count else "-"


def _fits(field: FieldCheck) -> str:
    if field.fits is None:
        return "-"
    return "yes" if field.fits == field.unit else f"no, {field.fits}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{spread.low:.3g}, {spread.median:.3g}, {spread.high:.3g}"


def _moment(at: float | None, zone: ZoneInfo) -> str:
    return "-" if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"


def _clock(at: float | None, zone: ZoneInfo) -> str:
    return "-" if at is None else f"{datetime.fromtimestamp(at, zone):%d. %H:%M}"
