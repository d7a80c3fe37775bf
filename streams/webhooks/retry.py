"""Messages that were given up, sent once more when somebody asks for it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streams.settings import Settings
from streams.webhooks.dead_list import DeadList, DeadMessage
from streams.webhooks.posting import Poster, WallClock


class Tried(NamedTuple):
    """A message, and why it was not taken; None where it was."""

    dead: DeadMessage
    why_not: str | None


async def retry(
    settings: Settings, secrets: Mapping[str, str], dead: DeadList, names: Sequence[str] = ()
) -> list[Tried]:
    """Send each message of the list once, in its order, and take those out that were taken.

    `names` are the subscribers whose are sent, all without any. Messages go under the id that they
    had, so that who has seen one knows it. After a failure the subscriber's others wait.
    """
    tried: list[Tried] = []
    hooks = settings.webhooks
    for name, subscriber in hooks.subscribers.items():
        mine = [one for one in dead.messages() if one.subscriber == name]
        if not mine or (names and name not in names):
            continue
        poster = Poster(subscriber, secrets[name], hooks.timeout_s, WallClock())
        try:
            tried += await _send(poster, mine)
        finally:
            await poster.close()
    taken = {(one.subscriber, one.webhook_id) for one, why_not in tried if why_not is None}
    if taken:
        dead.take_out(taken)
    return tried


async def _send(poster: Poster, messages: Sequence[DeadMessage]) -> list[Tried]:
    tried: list[Tried] = []
    for dead in messages:
        try:
            reply = await poster(dead.message)
            why_not = None if 200 <= reply.status < 300 else f"answered {reply.status}"
        except (OSError, TimeoutError) as error:
            why_not = f"{type(error).__name__}: {error}".rstrip(": ")
        tried.append(Tried(dead, why_not))
        if why_not is not None:
            return tried
    return tried
