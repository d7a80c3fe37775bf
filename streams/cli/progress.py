"""What long work says while it goes on: a moving line on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from ingest.recorded.feed import Feed

LINE_EVERY_S = 5.0
"""Where no bar can move, a line this often says how far a feed is. Unit: s. Source: chosen."""
SAME_STEP_EVERY_S = 15.0
"""And one this often that a step still goes on. Unit: s. Source: chosen."""

Say = Callable[[str], None]


def kinds_of(counts: Mapping[str, int]) -> str:
    """Say how many alerts of each kind there are, "" where there is none."""
    return ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in sorted(counts.items()))


@contextmanager
def step(screen: Console, what: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Say]:
    """Say that a step of unknown length is under way; gives a function that says how it does.

    Call it as often as you like: a line is shown at once where it differs from the last, and again
    now and then with the seconds gone by.
    """
    began = clock()
    if screen.is_terminal:
        with screen.status(what) as status:
            yield lambda detail: status.update(f"{what}: {detail} ({clock() - began:.0f} s)")
        return
    screen.print(what)
    last, said_at = "", began

    def say(detail: str) -> None:
        nonlocal last, said_at
        now = clock()
        if detail != last or now - said_at >= SAME_STEP_EVERY_S:
            screen.print(f"  {detail} ({now - began:.0f} s)")
            last, said_at = detail, now

    yield say


class _RowsColumn(ProgressColumn):
    """Rows published or computed so far."""

    def render(self, task: Task) -> str:
        """Give the count with thousands apart."""
        return f"{task.fields.get('rows', 0):,} rows"


class FeedProgress:
    """How far a recorded feed is: event time, rows, and words of the caller's.

    Remembers when it last printed a line; `clock` gives seconds of the wall clock.
    """

    def __init__(
        self,
        feed: "Feed",
        screen: Console,
        *,
        is_quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = feed.manifest.name
        self._start, self._end = feed.manifest.start, feed.manifest.end
        self._zone = ZoneInfo(feed.manifest.timezone)
        self._screen = screen
        self._prints_lines = not is_quiet and not screen.is_terminal
        self._clock = clock
        self._said_at = clock()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _RowsColumn(),
            TextColumn("{task.fields[words]}"),
            TimeRemainingColumn(),
            console=screen,
            disable=is_quiet or not screen.is_terminal,
        )
        self._task = self._bar.add_task(self._name, total=self._span, rows=0, words="")

    @property
    def _span(self) -> float:
        return max(self._end - self._start, 1.0)

    def at(self, event_time: float) -> str:
        """Give a moment as people of the feed's city read it."""
        return f"{datetime.fromtimestamp(event_time, self._zone):%H:%M:%S}"

    def show(self, event_time: float, row_count: int, words: str = "") -> None:
        """Show that everything before the time, so many rows, is done."""
        done = min(self._span, event_time - self._start)
        moment = self.at(min(event_time, self._end))
        fields: dict[str, Any] = {"rows": row_count, "words": f"{moment} {words}".strip()}
        self._bar.update(self._task, completed=done, **fields)
        now = self._clock()
        if self._prints_lines and now - self._said_at >= LINE_EVERY_S:
            self._said_at = now
            self._line(done, moment, row_count, words)

    def _line(self, done: float, moment: str, row_count: int, words: str) -> None:
        parts = [f"{self._name} {done / self._span:4.0%}", moment, f"{row_count:,} rows", words]
        self._screen.print("  ".join(part for part in parts if part))

    def __enter__(self) -> "FeedProgress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
