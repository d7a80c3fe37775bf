"""The answers to commands, and who waits for them."""

import asyncio

from incidents.case_records import CommandResult
from incidents.cases.book import ANSWERS_KEPT


class Answers:
    """Remembers the newest answers; a command that comes again is given the one it had."""

    def __init__(self) -> None:
        self._results: dict[str, CommandResult] = {}
        self._waiting: dict[str, list[asyncio.Event]] = {}

    def take(self, result: CommandResult) -> None:
        """Take an answer; of two to one command the first is kept."""
        self._results.setdefault(result.command_id, result)
        while len(self._results) > ANSWERS_KEPT:
            del self._results[next(iter(self._results))]
        for event in self._waiting.pop(result.command_id, ()):
            event.set()

    def get(self, command_id: str) -> CommandResult | None:
        """Give the answer to a command, None where there is none yet."""
        return self._results.get(command_id)

    async def wait(self, command_id: str, patience_s: float) -> CommandResult | None:
        """Give the answer to a command as soon as there is one, None after the patience."""
        if command_id not in self._results:
            event = asyncio.Event()
            self._waiting.setdefault(command_id, []).append(event)
            try:
                async with asyncio.timeout(patience_s):
                    await event.wait()
            except TimeoutError:
                pass
            finally:
                self._leave(command_id, event)
        return self._results.get(command_id)

    def _leave(self, command_id: str, event: asyncio.Event) -> None:
        """Wait no more, where somebody else may go on waiting for the same answer."""
        waiting = self._waiting.get(command_id, [])
        if event in waiting:
            waiting.remove(event)
        if not waiting:
            self._waiting.pop(command_id, None)
