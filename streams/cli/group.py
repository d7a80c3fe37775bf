"""A group of commands that says which one may be meant."""

from difflib import get_close_matches

import click


class MeantGroup(click.Group):
    """A group of commands; of a name that it has not it says which are near."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Give the command. Raises UsageError where there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), cutoff=0.5)
            if near:
                error.message += f" Did you mean {' or '.join(near)}?"
            raise
