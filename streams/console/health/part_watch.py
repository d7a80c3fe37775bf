"""Which parts of the chain have fallen silent: each stage's partition tells of itself all along."""

from collections.abc import Sequence

from ingest.units import Seconds
from streams.console.contract import SilentPart

NOT_A_PART = "worker"
"""What a worker says of itself, by its process, which ends with it."""


class PartWatch:
    """Remembers when each stage's partition was last told of, in seconds of any clock.

    One that moves to another worker goes on there. None is ever forgotten.
    """

    def __init__(self) -> None:
        self._heard: dict[tuple[str, int], Seconds] = {}

    def hear(self, stage: str, partition: int, now: Seconds) -> None:
        """Note that something was told of a part."""
        if stage != NOT_A_PART:
            self._heard[stage, partition] = now

    def silent(self, now: Seconds, after_s: Seconds) -> list[SilentPart]:
        """Give the parts of which nothing was told for longer; their silence in steps of 5 s."""
        return [
            SilentPart(stage, partition, int((now - heard) // 5 * 5))
            for (stage, partition), heard in sorted(self._heard.items())
            if now - heard > after_s
        ]


def words(silent: Sequence[SilentPart], unheard: Sequence[int]) -> str:
    """Say for people which parts are silent, and of which regions nothing comes."""
    said = []
    if silent:
        parts = ", ".join(f"{one.stage} {one.partition}" for one in silent)
        longest = max(one.silence_s for one in silent)
        said.append(f"No word for {longest} s from the worker of {parts}.")
    if unheard:
        said.append(f"Nothing comes of regions {', '.join(map(str, unheard))}.")
    if unheard or any(one.stage == "detect" for one in silent):
        said.append("No alert is made meanwhile.")
    return " ".join(said)
