"""The command `clearway`: one group, one file a command."""

import sys
from difflib import get_close_matches
from importlib import import_module

import click
from rich.console import Console

from ingest.user_error import UserError
from streams.outside_error import OutsideError

COMMANDS = {
    "feed": ("streams.cli.feed", "feed"),
    "run": ("streams.cli.run", "run"),
    "match": ("streams.cli.match", "match"),
    "up": ("streams.cli.up", "up"),
    "worker": ("streams.cli.worker", "worker"),
    "console": ("streams.cli.console", "console"),
    "replay": ("streams.cli.replay", "replay"),
    "topics": ("streams.cli.upkeep.topics", "topics"),
    "state": ("streams.cli.upkeep.state", "state"),
    "alerts": ("streams.cli.alerts", "alerts"),
    "users": ("streams.cli.access.users", "users"),
    "webhooks": ("streams.cli.interchange.webhooks", "webhooks"),
    "network": ("streams.cli.network", "network"),
    "profile": ("streams.cli.planning.profile", "profile"),
    "report": ("streams.cli.planning.report", "report"),
    "lake": ("streams.cli.planning.lake", "lake"),
    "score": ("streams.cli.score", "score"),
    "simulate": ("streams.cli.simulate", "simulate"),
    "settings": ("streams.cli.upkeep.settings", "settings"),
    "cache": ("streams.cli.upkeep.cache", "cache"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when called for, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give the command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(place[0]), place[1])
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Give the command; where there is none of that name, say which one may be meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], COMMANDS, cutoff=0.5)
            if near:
                error.message += f" Did you mean {' or '.join(near)}?"
            raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clearway")
def cli() -> None:
    """Find where congestion starts, why, and tell the command centre.

    `clearway up` starts everything on this machine with a small recorded morning; `clearway run`
    computes a recorded feed as fast as it can.
    """


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
        sys.exit(2 if error.filename else 1)
    except UserError as error:
        _say(str(error))
        sys.exit(2)
    except OutsideError as error:
        _say(str(error))
        sys.exit(1)


def _say(message: str) -> None:
    Console(stderr=True).print(f"[bold red]error:[/] {_escape(message)}", highlight=False,
                               soft_wrap=True)  # fmt: skip


def _escape(message: str) -> str:
    return message.replace("[", r"\[")


if __name__ == "__main__":
    main()
