"""The command `clearway`: one group, one file a command."""

import errno
import logging
import sys
from importlib import import_module

import click

from ingest.user_error import UserError
from streams.cli.group import MeantGroup
from streams.outside_error import OutsideError

COMMANDS = {
    "feed": ("streams.cli.feed", "Look at recorded feeds."),
    "run": ("streams.cli.run", "Compute a recorded feed as fast as it goes, without a broker."),
    "match": ("streams.cli.match", "Put the fixes of a recorded feed on the roads."),
    "up": ("streams.cli.up", "Start broker, worker, console and replay; Ctrl-C stops all of it."),
    "worker": (
        "streams.cli.worker",
        "Match, estimate and detect for a share of the partitions, until stopped.",
    ),
    "console": ("streams.cli.console", "Serve the live map, its API and /metrics until stopped."),
    "replay": (
        "streams.cli.replay",
        "Play a recorded feed to the broker in arrival order, then end.",
    ),
    "topics": ("streams.cli.upkeep.topics", "Look after the topics on the broker."),
    "state": ("streams.cli.upkeep.state", "See and move the place from which workers read on."),
    "alerts": ("streams.cli.alerts", "Follow alerts, and command what becomes of them."),
    "users": ("streams.cli.access.users", "Say who may use the console, and what they may."),
    "webhooks": (
        "streams.cli.interchange.webhooks",
        "Tell the subscribers of `[webhooks]` of cases, until stopped.",
    ),
    "network": ("streams.cli.network", "Build and look at road networks."),
    "profile": ("streams.cli.planning.profile", "Build the typical week from what was stored."),
    "report": (
        "streams.cli.planning.report",
        "Make a planner's report from lakes, or from folders that `clearway run` wrote.",
    ),
    "lake": (
        "streams.cli.planning.lake",
        "Look after a lake: put small files together, look whether it is whole.",
    ),
    "score": ("streams.cli.score", "Score what `clearway run` wrote against the feed's truth."),
    "simulate": (
        "streams.cli.simulate",
        "Make a labelled feed from a scenario (TOML), with SUMO (extra `sim`).",
    ),
    "settings": ("streams.cli.upkeep.settings", "Look at the settings."),
    "cache": (
        "streams.cli.upkeep.cache",
        "See and clear what is kept: built networks, compiled kernels, logs.",
    ),
}
"""By name: the file with the command of that name, and the first paragraph of its help."""


class LazyGroup(MeantGroup):
    """A group whose commands are imported only when called for, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give the command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(place[0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each name and what it does, as click does, but import none of them."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=does).get_short_help_str(width))
                    for name, (_, does) in COMMANDS.items()
                ]
            )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clearway")
def cli() -> None:
    """Find where congestion starts, why, and tell the command centre.

    `clearway up` starts everything on this machine with a small recorded morning; `clearway run`
    computes a recorded feed as fast as it can.
    """
    from streams.cli.terminal import LogLine

    logging.setLogRecordFactory(LogLine)


_OUTSIDE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""Errors of a disk, which no other words on the command line would mend."""


def main() -> None:
    """Run the command line; a user's mistake is one red line and status 2, trouble outside 1."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except OSError as error:
        if error.strerror is None:
            raise
        _say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        sys.exit(2 if error.filename and error.errno not in _OUTSIDE else 1)
    except UserError as error:
        _say(str(error))
        sys.exit(2)
    except OutsideError as error:
        _say(str(error))
        sys.exit(1)


def _say(message: str) -> None:
    from rich.text import Text

    from streams.cli.terminal import Screen

    words = Text.assemble(("error:", "bold red"), f" {message}")
    Screen(stderr=True).print(words, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
