"""`clearway run`: the whole chain over a recorded feed in one process."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Console
from rich.table import Table

from streams.cli.options import (
    cache_folder,
    config_option,
    feed_of,
    json_option,
    network_of,
    network_option,
    schedule_option,
    settings_of,
    with_schedule,
)
from streams.cli.progress import FeedProgress, kinds_of, step
from streams.cli.terminal import Screen, echo
from streams.topics import ALERT_COMMANDS, PATROLS, PROGRESS, REPORTS

if TYPE_CHECKING:
    from ingest.recorded.feed import Feed
    from ingest.recorded.slices import Slice
    from streams.recorded.run import CityIndices, RunReport
    from streams.stages.counts import StageCounts


@click.command()
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@network_option
@click.option("--out", type=click.Path(path_type=Path), help="[default: runs/<feed name>]")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else too.")
@schedule_option
@config_option
@json_option
def run(
    feed_path: Path, network: Path | None, out: Path | None, force: bool,
    schedule: Path | None, config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Compute a recorded feed as fast as it goes, without a broker.

    Writes matched.parquet, traversals.parquet, segment_states.parquet, alerts.jsonl,
    dead_letters.jsonl, segments.parquet (GeoParquet) and run.json, all of them or none, and prints
    what became of every row.
    """
    from streams.chain import open_chain
    from streams.compilers import compiling
    from streams.feed_check.elsewhere import refuse_elsewhere
    from streams.recorded.run import run_feed
    from streams.recorded.run_folder import check_run_folder

    planned = {"schedule": str(schedule) if schedule else None}
    settings = settings_of(config_path, topics={"partitions": 1}, city=planned)
    feed = feed_of(feed_path)
    roads = network_of(feed, network, settings)
    out = out or Path("runs") / feed.manifest.name
    check_run_folder(out, may_overwrite=force)
    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    if missing := missing_sources(feed):
        screen.print(f"{feed.folder} has no {missing}: the rest has to do")
    with step(screen, "preparing") as say, compiling(screen.print):
        say("road network and paths")
        assets = with_schedule(feed.assets, settings)
        chain = open_chain(roads, cache_folder(), assets, settings)
        refuse_elsewhere(feed, chain.city.network)
        chain.warm_up(say)
    if chain.bus_lines is not None:
        screen.print(chain.bus_lines.line())
    with FeedProgress(feed, screen, is_quiet=is_json) as progress, _kept():
        rows = 0

        def show(piece: "Slice") -> None:
            nonlocal rows
            rows += piece.row_count
            progress.show(piece.arrival_end, rows)

        report = run_feed(feed, chain, out, settings, show)
    if is_json:
        echo(msgspec.json.encode(report))
    else:
        _print(report, ZoneInfo(feed.manifest.timezone))


@contextmanager
def _kept() -> Iterator[None]:
    """Keep what is there: the city stays, and looking through it again and again takes time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()  # else libraries find their objects alive at the end, and print them


_SAID = (REPORTS, ALERT_COMMANDS, PATROLS)
"""What people say; few recordings hold any of it, and none is missed."""


def _print(report: "RunReport", zone: ZoneInfo) -> None:
    console = Screen(highlight=False, markup=False, soft_wrap=True)
    paces = Table("stage", "rows", "seconds", "rows/s", box=None)
    for pace in report.paces:
        paces.add_row(
            pace.stage, f"{pace.rows:,}", f"{pace.seconds:.2f}", f"{pace.rows_per_second:,.0f}"
        )
    console.print(paces)
    balance = Table("source", "rows in", "used", "refused by reason", box=None)
    for count in report.balance:
        if count.source in _SAID and not count.rows_in:
            continue
        refused = ", ".join(f"{reason} {n:,}" for reason, n in count.refused.items()) or "none"
        balance.add_row(
            f"{count.stage}: {count.source}", f"{count.rows_in:,}", f"{count.rows_used:,}", refused
        )
    console.print(balance)
    for count in report.balance:
        _print_count(console, count)
    for refused in report.first_refusals:
        console.print(f"first of {refused}")
    fixes = ", ".join(f"{reason} {n:,}" for reason, n in report.fixes.items())
    console.print(f"fixes: {fixes}")
    console.print(city_line(report.city, zone))
    for clock in report.clocks_off:
        console.print(f"warning: {clock}")
    for source in report.ignored:
        console.print(f"warning: {source}")
    console.print(
        f"{report.out}: {report.traversal_count:,} traversals, {report.state_row_count:,} segment "
        f"states, alerts: {alerts_of(report.alert_counts, report.alert_version_count)}; "
        f"{report.seconds:.1f} s"
    )


def _print_count(console: Console, count: "StageCounts") -> None:
    """Say what was odd about one source of a stage."""
    if count.source == PROGRESS and count.late:
        console.print(f"progress: {count.late:,} pieces too late for their minute")
    if count.set_aside:
        listed = ", ".join(f"{field} {n:,}" for field, n in count.set_aside.items())
        console.print(f'{count.source}: values that say "none" or cannot be: {listed}')
    if count.excluded:
        faults = Counter(count.excluded.values()).most_common()
        listed = ", ".join(f"{fault} {n:,}" for fault, n in faults)
        console.print(f"detectors not believed at the end: {listed}")
    for test, number in count.withdrawn.items():
        console.print(
            f"test of detectors {test} withdrew: it accused {number:,} at once, which faults "
            "do not; they are believed"
        )
    if count.unfelt:
        console.print(
            f"detectors of which the occupancy, or the count, is not used at the end: "
            f"{count.unfelt:,}; what else they send is"
        )
    if count.clocks_off:
        listed = ", ".join(f"{name} {off:+.0f} s" for name, off in count.clocks_off.items())
        console.print(f"camera clocks off at the end, passes not used: {listed}")


def missing_sources(feed: "Feed") -> str:
    """Give the files of sources that a feed lacks, as a list in words; "" where it has all."""
    has = {
        "gps.parquet": feed.fixes is not None,
        "magnetometer.parquet": feed.readings is not None,
        "camera.parquet": feed.camera_events is not None,
    }
    return ", no ".join(name for name, is_there in has.items() if not is_there)


def city_line(city: "CityIndices | None", zone: ZoneInfo) -> str:
    """Say how bad it was at worst, or that nobody saw anything."""
    if city is None:
        return "nothing was observed: no segment was measured in any minute"
    at = datetime.fromtimestamp(city.worst_minute, zone)
    return (
        f"city at its worst, {at:%H:%M}: TTI {city.worst.tti:.2f}, "
        f"TPI {city.worst.tpi_travel_time:.1f} by travel time, "
        f"{city.worst.tpi_mileage:.1f} by congested length, {city.worst.speed_kmh:.0f} km/h"
    )


def alerts_of(counts: Mapping[str, int], version_count: int) -> str:
    """Say how many alerts of each kind there were."""
    if not counts:
        return "none"
    return f"{kinds_of(counts)} in {version_count} version{'' if version_count == 1 else 's'}"
