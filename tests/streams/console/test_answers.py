"""Who waits for the answer to a command."""

import asyncio

import msgspec

from incidents.case_records import CommandResult
from streams.console.answers import Answers

DONE = CommandResult("c1", "d1", True, None, 2)


def test_who_sent_a_command_again_is_answered_though_the_first_gave_up() -> None:
    async def test() -> None:
        answers = Answers()
        again = asyncio.create_task(answers.wait("c1", 3600.0))
        await asyncio.sleep(0)
        assert await answers.wait("c1", 0.0) is None
        answers.take(DONE)
        assert await again == DONE
        answers.take(msgspec.structs.replace(DONE, is_accepted=False))
        assert await answers.wait("c1", 0.0) == DONE  # of two answers the first

    asyncio.run(test())


def test_who_hangs_up_is_waited_for_no_more() -> None:
    async def test() -> None:
        answers = Answers()
        gone = asyncio.create_task(answers.wait("c1", 3600.0))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert not answers._waiting

    asyncio.run(test())
