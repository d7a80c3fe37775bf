"""`clearway score`: a run against the truth of its feed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from incidents.scoring.parts import PARTS, Part
from ingest.units import MINUTE_S
from streams.cli.options import cache_folder, feed_of, json_option, network_of, network_option
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from incidents.scoring.alarm_load import AlarmLoad
    from incidents.scoring.incidents import Hit, IncidentScore
    from incidents.scoring.matching import MatchingScore
    from incidents.scoring.score import Score
    from incidents.scoring.speed import SpeedError, SpeedScore


@click.command()
@click.argument("run_path", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@network_option
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Score only this part.")
@json_option
def score(
    run_path: Path, feed_path: Path, network: Path | None, only: tuple[Part, ...], is_json: bool
) -> None:
    """Score what `clearway run` wrote against the feed's truth.

    Every file that the truth can judge must be there; of a `clearway match` score --only matching.
    """
    import msgspec

    from incidents.scoring.score import score_run
    from mapmatch.building.build import network_for

    feed = feed_of(feed_path)
    roads = network_for(network_of(feed, network), cache_folder())
    result = score_run(run_path, feed_path, roads, only or PARTS)
    if is_json:
        echo(msgspec.json.encode(result))
        return
    console = Screen(soft_wrap=True, highlight=False, markup=False)
    for part in _parts(result):
        console.print(part)


def _parts(result: "Score") -> Iterator[Table | str]:
    if result.matching is not None:
        yield _matching(result.matching)
    if result.speed is not None:
        yield _speed(result.speed)
    if result.incidents is not None:
        yield from _incidents(result.incidents)
    if result.alarms is not None:
        yield _alarms(result.alarms)
    for part, reason in result.not_scored.items():
        yield f"{part} not scored: {reason}"


def _matching(score: "MatchingScore") -> Table:
    table = Table("matching", "", box=None)
    if score.fixes is not None:
        table.add_row("fixes on the exact segment", f"{score.fixes.exact_share:.1%}")
        table.add_row("fixes unmatched", f"{score.fixes.unmatched_share:.1%}")
    if score.routes is not None:
        table.add_row("route mismatch fraction", f"{score.routes.mismatch_fraction:.3f}")
    return table


def _speed(score: "SpeedScore") -> Table:
    table = Table("speed, km/h", "minutes", "mean error", "bias", box=None)
    rows: list[tuple[str, SpeedError]] = [
        (f"all ({score.coverage:.1%} covered)", score.all),
        ("observed or fused", score.observed),
        ("truth under 15 km/h", score.slow),
        *((f"level {level}", error) for level, error in sorted(score.by_level.items())),
    ]
    for name, error in rows:
        table.add_row(
            name, f"{error.minute_count:,}", _number(error.mean_absolute_kmh, "{:.1f}"),
            _number(error.bias_kmh, "{:+.1f}"),
        )  # fmt: skip
    return table


def _incidents(score: "IncidentScore") -> Iterator[Table | str]:
    table = Table("incidents", "", box=None)
    for name, (found, there) in score.counts.items():
        table.add_row(
            {"A": "visible in flow", "B": "others"}.get(name, name), f"{found} of {there}"
        )
    table.add_row("false alarms an hour", _number(score.false_alarms_per_hour, "{:.1f}"))
    table.add_row("precision", _number(score.precision, "{:.2f}"))
    table.add_row("duplicates", str(score.duplicate_count))
    table.add_row(
        "time to detect, mean / median",
        f"{_minutes(score.mean_time_to_detect_s)} / {_minutes(score.median_time_to_detect_s)}",
    )
    table.add_row(
        "the same with misses",
        f"{_minutes(score.mean_time_with_misses_s)} / {_minutes(score.median_time_with_misses_s)}",
    )
    table.add_row("place error", _number(score.mean_place_error_m, "{:.0f} m"))
    table.add_row("right cause", _number(score.cause_hit_rate, "{:.0%}"))
    ends = _number(score.end_right_share, "{:.0%}")
    table.add_row(
        "end told within 3 min", f"{ends} ({score.end_right_count} of {score.ended_count})"
    )
    yield table
    for hit in score.hits:
        yield (
            f"found {hit.incident_id} {hit.type} ({hit.incident_class}) after "
            f"{_minutes(hit.time_to_detect_s)}: {hit.alert_id}, {hit.place_error_m:.0f} m off, "
            f"{hit.cause}; {_end(hit)}"
        )
    for missed in score.missed:
        yield f"missed {missed.incident_id} {missed.type} on {missed.link_id}"
    for alarm in score.false_alarms:
        yield f"false {alarm.alert_id} {alarm.cause}, truth {alarm.truth}"


def _alarms(load: "AlarmLoad") -> Table:
    table = Table("alarms, for one operator", "", box=None)
    table.add_row("an hour", f"{load.alarms_per_operator_hour:.1f}")
    table.add_row("most in ten minutes", str(load.most_in_ten_minutes))
    table.add_row("ten minutes with more than ten", f"{load.flood_share:.0%}")
    table.add_row("of the ten most frequent places", _number(load.top_sources_share, "{:.0%}"))
    table.add_row("back after they were cleared", str(load.returned_count))
    table.add_row("places that chatter", str(len(load.chattering)))
    table.add_row("severities that flap", str(len(load.flapping)))
    table.add_row("standing all the time", str(len(load.standing)))
    if load.shares_by_severity is not None:
        shares = " / ".join(f"{share:.0%}" for share in load.shares_by_severity.values())
        table.add_row("of severity 4 / 3 / lower", shares)
    return table


def _end(hit: "Hit") -> str:
    """Say how well an end was told."""
    error_s = hit.end_error_s
    if not hit.is_end_recorded:
        return "it outlasts the recording"
    if error_s is None:
        return "no end was told"
    return f"its end was told {_minutes(abs(error_s))} too {'late' if error_s > 0 else 'early'}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / MINUTE_S:.1f} min"
