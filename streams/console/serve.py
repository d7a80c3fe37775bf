"""The console as a process: its server and its consumer run until it is stopped."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from streams.console.access.guard import Guard
from streams.console.board import Board
from streams.console.commands import Sender
from streams.console.consumer import follow
from streams.console.layers.vehicle_feed import follow_vehicles
from streams.console.past.past import Past
from streams.console.places import Places
from streams.console.server import build_app
from streams.outside_error import OutsideError

log = logging.getLogger(__name__)


class ConsoleError(OutsideError):
    """The console cannot listen where it should; the message names the address."""


async def serve(
    board: Board,
    bootstrap: str,
    host: str = "127.0.0.1",
    port: int = 8600,
    *,
    prefix: str = "",
    sender: Sender | None = None,
    guard: Guard | None = None,
    places: Places | None = None,
    past: Past | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the board and feed it from the broker until cancelled.

    `sender` carries commands, `guard` says who people are, `places` whose the roads
    are, `past` what was, `on_ready` gets the address.
    Raises ConsoleError when the address is taken or not this machine's.
    """
    runner = web.AppRunner(
        build_app(board, sender, guard, places, past), access_log=None, shutdown_timeout=2.0
    )
    await runner.setup()
    try:
        bound = await _listen(runner, host, port)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{bound}"
        log.info("console on %s", address)
        if on_ready is not None:
            on_ready(address)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow_vehicles(board.vehicles, bootstrap, prefix))
            tasks.create_task(follow(board, bootstrap, prefix))
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConsoleError(f"console cannot listen on {host}:{port}: {error.strerror}") from error
    return int(runner.addresses[-1][1])


def run(
    board: Board,
    bootstrap: str,
    host: str = "127.0.0.1",
    port: int = 8600,
    *,
    prefix: str = "",
    sender: Sender | None = None,
    guard: Guard | None = None,
    places: Places | None = None,
    past: Past | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run the console in this process until SIGINT or SIGTERM.

    Raises ConsoleError when it cannot listen.
    """

    async def until_stopped() -> None:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await serve(
            board, bootstrap, host, port,
            prefix=prefix, sender=sender, guard=guard, places=places, past=past,
            on_ready=on_ready,
        )  # fmt: skip

    with suppress(asyncio.CancelledError):
        asyncio.run(until_stopped())
