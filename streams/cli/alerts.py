"""`clearway alerts`: the subscriber's and the operator's side in a terminal."""

import asyncio
import getpass
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import click
import msgspec
from click import Option
from rich.markup import escape

from incidents.alert_filter import AlertFilter
from incidents.case_records import Action, Command, DismissedAs, LaneImpact, LaneState
from incidents.cases.table import LIVE
from incidents.records import Alert, Cause, Kind, State, seconds
from streams.cli.group import MeantGroup
from streams.cli.interchange.export import export
from streams.cli.options import (
    broker_option,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.terminal import Screen, echo, harmless_line

_COLOURS = {1: "green", 2: "yellow", 3: "dark_orange", 4: "bold red"}


PATIENCE_S = 30.0
"""How long an answer is waited for unless told. Unit: s. Source: chosen."""

_UNIT = Option(["--unit"], help="The unit that sees to it.")
_PLACE = (
    Option(["--longitude"], type=float, help="Degrees, WGS-84."),
    Option(["--latitude"], type=float, help="Degrees, WGS-84."),
    Option(["--segment", "segment_id"], help="The segment it is on."),
    Option(["--offset-m", "offset_m"], type=float, help="Metres along the segment."),
    Option(["--cause"], type=click.Choice(get_args(Cause))),
    Option(["--severity"], type=click.IntRange(1, 4)),
)
_LANES = Option(
    ["--lane", "lanes"], multiple=True, required=True, metavar="LANE=STATE",
    help=f"A lane's number from 1, or a shoulder's name; {', '.join(get_args(LaneState))}.",
)  # fmt: skip

NAMES: Mapping[str, tuple[Action, str, tuple[Option, ...]]] = {
    "ack": ("acknowledge", "You see to it.", ()),
    "confirm": ("confirm", "It is true.", ()),
    "assign": ("assign", "Name who sees to it.", (_UNIT,)),
    "dispatch": (
        "dispatch", "Send a patrol or a unit.", (Option(["--patrol", "patrol_id"]), _UNIT),
    ),
    "arrive": ("arrive", "They are there.", ()),
    "clearing": ("clearing", "They are at it.", ()),
    "clear": ("clear", "All lanes are open, all have left.", ()),
    "verify": ("verify", "Traffic is as usual.", ()),
    "close": ("close", "End it; --reason where the clock is not complete.", ()),
    "dismiss": (
        "dismiss", "It was nothing to see to.",
        (Option(["--as", "reason"], type=click.Choice(get_args(DismissedAs)), required=True),),
    ),
    "suppress": (
        "suppress", "Raise nobody until a time; needs --reason.",
        (Option(["--until"], required=True, help="ISO 8601 with an offset from UTC."),),
    ),
    "merge": ("merge", "It is the same as another.", (Option(["--into"], required=True),)),
    "split": ("split", "It was not the same after all.", ()),
    "reopen": ("reopen", "It goes on, within 15 minutes of its end.", ()),
    "publish": ("publish", "The public may see it.", ()),
    "withdraw": ("withdraw", "The public no longer may.", ()),
    "comment": ("comment", "Say something; needs --comment.", ()),
    "lanes": ("lane_impact", "Say what its lanes let through.", (_LANES,)),
    "edit": ("edit", "Say its place, cause or severity.", _PLACE),
    "create": ("create", "Make one that no sensor saw.", (*_PLACE, _UNIT)),
}  # fmt: skip
"""By the name in the terminal: the action, what it does, and its own options."""


def _many(name: str, field: str, kind: Any, does: str) -> Callable[[Any], Any]:
    """Give an option that may stand several times."""
    return click.option(name, field, multiple=True, type=kind, help=does)


@click.group(cls=MeantGroup)
def alerts() -> None:
    """Follow alerts, and command what becomes of them."""


@alerts.command()
@broker_option
@_many("--kind", "kinds", click.Choice(get_args(Kind)), "Only this kind.")
@_many("--cause", "causes", click.Choice(get_args(Cause)), "Only this cause.")
@click.option("--severity", type=click.IntRange(1, 4), default=1, help="At least this severity.")
@_many("--state", "states", click.Choice(get_args(State)), "Only this state.")
@_many("--unit", "units", str, "Only what lies in this unit or was given to it.")
@_many("--road", "roads", str, "Only roads with this in their name.")
@click.option(
    "--area", nargs=4, type=float, metavar="WEST SOUTH EAST NORTH", help="Only there, in degrees."
)
@click.option("--new-only", is_flag=True, help="Only what comes from now on.")
@click.option("--until-end", is_flag=True, help="Stop at the end of what is there.")
@timezone_option
@config_option
@json_option
def follow(
    broker: str | None,
    kinds: tuple[Kind, ...],
    causes: tuple[Cause, ...],
    severity: int,
    states: tuple[State, ...],
    units: tuple[str, ...],
    roads: tuple[str, ...],
    area: tuple[float, float, float, float] | None,
    new_only: bool,
    until_end: bool,
    timezone: str | None,
    config_path: Path | None,
    is_json: bool,
) -> None:
    """Print each alert version as it comes, the newest last.

    An option that may stand several times lets through what any of them names. Times are those
    of --timezone, else of city.timezone, else UTC; JSON is UTC.
    """
    from streams.broker.admin import check_broker
    from streams.broker.alert_stream import follow_alerts

    try:
        wanted = AlertFilter(
            list(kinds), list(causes), severity, list(states), list(units), list(roads),
            list(area) if area else None,
        )  # fmt: skip
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    settings = settings_of(config_path, broker={"address": broker}, city={"timezone": timezone})
    zone = None if settings.city.timezone is None else ZoneInfo(settings.city.timezone)
    check_broker(settings)
    console = Screen(highlight=False, soft_wrap=True)

    newest: dict[str, int] = {}  # version that was read of each alert that goes on

    def show(alert: Alert) -> None:
        before = newest.pop(alert.alert_id, None if new_only else 0)
        if alert.state in LIVE:
            newest[alert.alert_id] = alert.version
        if not wanted.lets(alert):
            return
        if is_json:
            echo(msgspec.json.encode(alert))
        else:
            console.print(_line(alert, before, zone))

    asyncio.run(follow_alerts(settings, show, new_only=new_only, until_end=until_end))


def _line(alert: Alert, before: int | None, zone: ZoneInfo | None) -> str:
    """Give a version's line; `before` is the version that was read before it."""
    time = alert.event_time
    if zone is not None:
        local = datetime.fromtimestamp(seconds(time), zone)
        time = local.isoformat(timespec="milliseconds")
    colour = _COLOURS.get(alert.severity, "white")
    words = (
        f" {alert.kind} {alert.state} {alert.alert_id} v{alert.version}{_skipped(alert, before)}  "
        f"{alert.road_name or 'unnamed road'} ({alert.segment_id})  "
        f"{alert.cause} {alert.cause_probability:.0%}  queue {alert.queue_length_m:.0f} m"
        f"{_said(alert)}"
    )
    return f"{time}  [{colour}]{alert.severity}[/]{escape(harmless_line(words))}"


def _skipped(alert: Alert, before: int | None) -> str:
    """Say which versions are no longer on the topic, of which only the newest stays for long."""
    first, last = alert.log[0].version if alert.log else 1, alert.version - 1
    first = first if before is None else max(first, before + 1)
    if before is None or first > last:
        return ""
    return f" (v{first} skipped)" if first == last else f" (v{first} to v{last} skipped)"


def _said(alert: Alert) -> str:
    """Say who made this version and why, where anybody says so, and the way around."""
    event = alert.log[-1] if alert.log else None
    said = ""
    if event is not None and (event.command_id or event.reason):
        why = "; ".join(text for text in (event.reason, event.comment) if text)
        said = f"  {event.action} by {event.actor}" + (f": {why}" if why else "")
    if not alert.detour or (event is not None and event.action == "reroute"):
        return said
    way = next((e.reason for e in reversed(alert.log) if e.action == "reroute"), None)
    return f"{said}  way around: {way}" if way else said


def _command(name: str, action: Action, does: str, own: tuple[Option, ...]) -> click.Command:
    @broker_option
    @click.option("--actor", help="Who says so [default: your login].")
    @click.option("--expect", "expected_version", type=int, help="Only if this version is there.")
    @click.option("--comment", help="Stands in the log.")
    @click.option("--command-id", help="To send a command again: it is done once.")
    @click.option(
        "--patience",
        type=click.FloatRange(0.1, 3600),
        default=PATIENCE_S,
        show_default=True,
        help="Seconds to wait for the answer.",
    )
    @config_option
    @json_option
    def run(**options: Any) -> None:
        _tell(action, **options)

    made = click.command(name, help=does)(run)
    made.params = [*own, *made.params]
    if not any(option.name == "reason" for option in own):
        made.params.append(Option(["--reason"], help="Why; stands in the log."))
    if action != "create":
        made.params.insert(0, click.Argument(["alert_id"], metavar="ID"))
    return made


def _tell(
    action: Action,
    *,
    broker: str | None,
    config_path: Path | None,
    is_json: bool,
    patience: float,
    command_id: str | None,
    actor: str | None,
    lanes: tuple[str, ...] = (),
    **fields: Any,
) -> None:
    """Send a command; print its answer, and end with status 1 where it is not accepted."""
    from streams.broker.admin import check_broker
    from streams.broker.commands import tell

    settings = settings_of(config_path, broker={"address": broker})
    check_broker(settings)
    told = {
        "command_id": command_id or str(uuid.uuid4()),
        "action": action,
        "actor": actor or getpass.getuser(),
        "lane_impact": [_lane(text) for text in lanes] or None,
        **fields,
    }
    try:
        command = msgspec.convert(told, Command)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error
    result = asyncio.run(tell(settings, command, patience, is_again=command_id is not None))
    if is_json:
        echo(msgspec.json.encode(result))
    elif result.is_accepted:
        echo(f"{action} done: {result.alert_id} is at version {result.version}")
    else:
        Screen(stderr=True, highlight=False, soft_wrap=True).print(
            f"[bold red]refused:[/] {escape(result.reason or '')}"
        )
    click.get_current_context().exit(0 if result.is_accepted else 1)


def _lane(text: str) -> LaneImpact:
    lane, _, state = text.rpartition("=")
    try:
        named = {"lane": int(lane) if lane.isdigit() else lane, "state": state}
        return msgspec.convert(named, LaneImpact)
    except msgspec.ValidationError as error:
        raise click.UsageError(f"--lane {text}: {error}, expected such as 1=blocked") from error


alerts.add_command(export)
for _name, _of in NAMES.items():
    alerts.add_command(_command(_name, *_of))
