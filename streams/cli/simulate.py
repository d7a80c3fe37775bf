"""`clearway simulate`: a labelled feed from a scenario."""

from pathlib import Path

import click

from streams.cli.options import json_option
from streams.cli.terminal import Screen, echo


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--out", "feed", metavar="FEED", required=True, type=click.Path(path_type=Path),
    help="The folder that becomes the feed; one that is there is replaced.",
)  # fmt: skip
@json_option
def simulate(scenario: Path, feed: Path, is_json: bool) -> None:
    """Make a labelled feed from a scenario (TOML), with SUMO (extra `sim`).

    The network lies in the feed's folder `network`, what truly was in `truth`. The same scenario
    gives the same feed.
    """
    import msgspec

    from ingest.user_error import UserError
    from streams.cli.progress import step
    from streams.simulated.make import MOST_HALTING, STEPS, make_scenario
    from streams.simulated.scenario import read_scenario

    told = read_scenario(scenario)
    if feed.exists() and not (feed / "feed.toml").is_file() and any(feed.iterdir()):
        raise UserError(f"{feed} holds other things than a feed, expected a new folder or a feed")
    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, f"simulating {told.name}") as _:
        try:
            made = make_scenario(
                told, scenario.parent, feed,
                lambda name: screen.print(f"  {STEPS.index(name) + 1} of {len(STEPS)}: {name}"),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UserError(str(error)) from error
    if is_json:
        echo(msgspec.json.encode(made))
        return
    echo(
        f"{feed}: {made['segments']:,} segments, {made['detectors']:,} detectors, "
        f"{made['incidents']} incidents, {made['visible_strictly']} of them strictly visible"
    )
    if made["standing_share_undisturbed"] > MOST_HALTING:
        echo(
            f"warning: {made['standing_share_undisturbed']:.0%} of the driving time stood without "
            f"any incident, more than {MOST_HALTING:.0%}: less demand shows incidents better",
            err=True,
        )
