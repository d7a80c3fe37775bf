"""`clearway alerts export`: published cases as a file in a form that other systems read."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from incidents.records import Alert
from ingest.user_error import UserError
from streams.cli.options import broker_option, cache_folder, config_option, settings_of
from streams.cli.terminal import echo
from streams.no_json import NO_JSON

if TYPE_CHECKING:
    from streams.settings import Settings

LIVE = "live"
NAMES = ("geojson", "cap", "datex2", "cifs-json", "cifs-xml", "iris")


@click.command()
@click.argument("source", metavar="RUN|live", type=click.Path(path_type=Path))
@click.option("--format", "name", required=True, type=click.Choice(NAMES))
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@click.option("--alert", "alert_id", metavar="ID", help="Of CAP, this one's message alone.")
@click.option("--out", type=click.Path(path_type=Path), help="The file [default: print it].")
@broker_option
@config_option
def export(
    source: Path,
    name: str,
    network: Path | None,
    alert_id: str | None,
    out: Path | None,
    broker: str | None,
    config_path: Path | None,
) -> None:
    """Write the published cases of a run (its folder, or a file of alert versions) or of now.

    Only what an operator published leaves, and of that only what the public may know.
    """
    from incidents.exports.cap import cap_message
    from incidents.exports.formats import FORMATS
    from incidents.exports.publication import PublicRoads
    from mapmatch.building.build import network_for
    from streams.settings import SettingsError

    city = {"network": str(network) if network else None}
    settings = settings_of(config_path, broker={"address": broker}, city=city)
    if settings.city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    if alert_id is not None and name != "cap":
        raise click.UsageError("--alert is for --format cap")
    alerts = _live(settings) if str(source) == LIVE else _of_run(source)
    roads = PublicRoads(network_for(Path(settings.city.network), cache_folder()))
    publication = roads.publication(alerts, settings.publisher)
    echo(f"{len(publication.incidents)} of {len(alerts)} alerts are published", err=True)
    for reason in publication.left_out:
        echo(f"left out: {reason}", err=True)
    if alert_id is None:
        data = FORMATS[name].write(publication)
    else:
        found = cap_message(publication, alert_id)
        if found is None:
            raise UserError(f"--alert {alert_id}: no published alert has this id")
        data = found
    if out is None:
        click.get_binary_stream("stdout").write(data)
    else:
        out.write_bytes(data)


def _of_run(run: Path) -> list[Alert]:
    """Give the newest version of each alert of a run. Raises UserError naming file and line."""
    path = run / "alerts.jsonl" if run.is_dir() else run
    newest: dict[str, Alert] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}, expected a run or `{LIVE}`") from error
    for number, line in enumerate(lines, 1):
        try:
            alert = msgspec.json.decode(line, type=Alert)
        except NO_JSON as error:
            raise UserError(f"{path}: line {number}: {error}, expected an alert") from error
        newest[alert.alert_id] = alert
    return list(newest.values())


def _live(settings: "Settings") -> list[Alert]:
    """Give the newest version of each alert on the topic."""
    from streams.broker.admin import check_broker
    from streams.broker.alert_stream import follow_alerts

    newest: dict[str, Alert] = {}

    def take(alert: Alert) -> None:
        newest[alert.alert_id] = alert

    check_broker(settings)
    asyncio.run(follow_alerts(settings, take, until_end=True))
    return list(newest.values())
