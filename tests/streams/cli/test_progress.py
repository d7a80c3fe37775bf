"""What long work says where no terminal shows a bar."""

import io

from rich.console import Console

from ingest.recorded.feed import Feed
from streams.cli.progress import LINE_EVERY_S, SAME_STEP_EVERY_S, FeedProgress, step


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def screen() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=False, width=200, highlight=False), file


def test_a_step_is_named_at_once_and_a_new_detail_too() -> None:
    console, said = screen()
    clock = Clock()
    with step(console, "getting ready", clock) as say:
        assert said.getvalue() == "getting ready\n"
        say("kernels")
        clock.now = 1.0
        say("kernels")
        say("workers")
    assert said.getvalue().splitlines() == ["getting ready", "  kernels (0 s)", "  workers (1 s)"]


def test_a_step_that_lasts_says_so_again() -> None:
    console, said = screen()
    clock = Clock()
    with step(console, "getting ready", clock) as say:
        for _ in range(4):
            say("kernels")
            clock.now += SAME_STEP_EVERY_S
    assert len(said.getvalue().splitlines()) == 5


def test_a_feed_says_now_and_then_how_far_it_is(few_minutes: Feed) -> None:
    console, said = screen()
    clock = Clock()
    start, end = few_minutes.manifest.start, few_minutes.manifest.end
    with FeedProgress(few_minutes, console, clock=clock) as progress:
        for done in range(11):
            progress.show(start + (end - start) * done / 10, 1000 * done, "alerts: 1")
            clock.now += LINE_EVERY_S / 2
    lines = said.getvalue().splitlines()
    assert len(lines) == 5
    assert "100%" in lines[-1] and "10,000 rows" in lines[-1] and "alerts: 1" in lines[-1]
    assert progress.at(end) in lines[-1]


def test_a_quiet_feed_says_nothing(few_minutes: Feed) -> None:
    console, said = screen()
    clock = Clock()
    with FeedProgress(few_minutes, console, is_quiet=True, clock=clock) as progress:
        clock.now = 100.0
        progress.show(few_minutes.manifest.end, 1)
    assert said.getvalue() == ""
