"""`clearway score`: a run against the truth of its feed."""

from pathlib import Path

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
    click.echo(msgspec.json.encode(result) if is_json else "\n".join(result.lines()))
