"""`clearway match`: the fixes of a recorded feed on the roads, and nothing more."""

import time
from pathlib import Path

import click
import msgspec

from streams.cli.options import (
    cache_folder,
    config_option,
    feed_of,
    json_option,
    network_of,
    network_option,
    settings_of,
)
from streams.cli.progress import step
from streams.cli.terminal import Screen, echo


class MatchReport(msgspec.Struct, frozen=True):
    """What a match read and gave; `seconds` is cleaning, matching and putting rows in order."""

    feed: str
    out: str
    fix_count: int
    traversal_count: int
    seconds: float
    fixes_per_second: float
    fixes: dict[str, int]


@click.command()
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@network_option
@click.option("--out", type=click.Path(path_type=Path), help="[default: matched/<feed name>]")
@click.option("--lag", type=int, help="Fixes a decision may wait. [default: as many as there are]")
@config_option
@json_option
def match(
    feed_path: Path, network: Path | None, out: Path | None, lag: int | None,
    config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Put the fixes of a recorded feed on the roads.

    Nobody waits for it, so each fix is decided by all that came after, unless --lag or the settings
    file say otherwise. Writes matched.parquet, one row a fix in the recording's order, and
    traversals.parquet, one row a segment crossed in the order driven.
    """
    import pyarrow.parquet as pq

    from ingest.checks.traces import FixCleaner
    from mapmatch.building.build import artefact_for
    from mapmatch.matcher import OnlineMatcher
    from mapmatch.matcher_settings import MatcherSettings
    from mapmatch.network import load_network
    from mapmatch.paths import load_path_table
    from mapmatch.placing.bus_lines import place_bus_lines
    from mapmatch.recorded import match_recorded
    from streams.feed_check.elsewhere import refuse_elsewhere
    from streams.recorded.ignored import ignored_fixes
    from streams.whole_folder import whole_folder

    feed = feed_of(feed_path)
    if feed.fixes is None:
        raise click.ClickException(f"{feed.folder}: no gps.parquet, nothing to match")
    settings = settings_of(config_path, matcher={"lag": lag})
    as_live = settings.matcher if settings.matcher != MatcherSettings() else None
    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, "road network, paths and kernels"):
        folder = artefact_for(network_of(feed, network, settings), cache_folder())
        roads, paths = load_network(folder), load_path_table(folder)
        refuse_elsewhere(feed, roads)
        FixCleaner().warm_up()
        OnlineMatcher(roads, paths).warm_up()
        lines = place_bus_lines(roads, feed.assets.bus_lines, paths)
    if lines is not None:
        screen.print(lines.line())
    out = out or Path("matched") / feed.manifest.name
    began = time.perf_counter()
    result = match_recorded(feed.fixes, roads, paths, as_live, settings.cleaner, lines)
    seconds = time.perf_counter() - began
    with whole_folder(out, "matched.parquet", "match") as half:
        pq.write_table(result.matched, half / "matched.parquet", compression="zstd")
        pq.write_table(result.traversals, half / "traversals.parquet", compression="zstd")
    count = feed.fixes.num_rows
    report = MatchReport(
        feed.manifest.name, str(out), count, result.traversals.num_rows, round(seconds, 3),
        round(count / seconds), result.counts(),
    )  # fmt: skip
    for source in ignored_fixes(feed, result.matched["reason"].combine_chunks()):
        screen.print(f"warning: {source}")
    echo(msgspec.json.encode(report) if is_json else _text(report))


def _text(report: MatchReport) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in report.fixes.items())
    return (
        f"{report.feed}: {report.fix_count:,} fixes in {report.seconds:.2f} s, "
        f"{report.fixes_per_second:,.0f} a second\n"
        f"fixes: {reasons}\n"
        f"{report.out}: {report.traversal_count:,} traversals"
    )
