"""`clearway score`: a run against the truth of its feed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from streams.cli.options import cache_folder, feed_of, json_option, network_of, network_option


@click.command()
@click.argument("run_path", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@network_option
@json_option
def score(run_path: Path, feed_path: Path, network: Path | None, is_json: bool) -> None:
    """Score what `clearway run` wrote against the feed's truth."""
    import msgspec

    from incidents.score import score_run
    from mapmatch.build import network_for

    feed = feed_of(feed_path)
    roads = network_for(network_of(feed, network), cache_folder())
    result = score_run(run_path, feed_path, roads)
    if is_json:
        click.echo(msgspec.json.encode(result))
        return
    for line in _lines(msgspec.to_builtins(result)):
        click.echo(line)


def _lines(values: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Give a line for each value, those of a part under its name; numbers to three digits."""
    for name, value in values.items():
        label = "  " * depth + str(name).replace("_", " ")
        if isinstance(value, dict):
            if value:
                yield label
                yield from _lines(value, depth + 1)
        elif isinstance(value, list):
            yield f"{label}: {len(value)}"
            yield from (f"{'  ' * (depth + 1)}{_shown(item)}" for item in value)
        else:
            yield f"{label}: {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None else str(value)
