"""What every stage is: messages in, messages out, its whole memory as bytes."""

from typing import Protocol

from streams.stages.counts import StageCounts
from streams.stages.messages import Incoming, Outgoing, Passed


class Stage(Protocol):
    """One partition of one stage: messages in, messages out, its whole memory as bytes."""

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take one message and give what follows from it."""

    def snapshot(self) -> bytes:
        """Give the state as bytes."""

    def restore(self, data: bytes) -> None:
        """Take up a state. Raises ValueError where it is of another version."""

    def counts(self) -> list[StageCounts]:
        """Give what was counted."""

    def pass_time(self, now: float) -> Passed:
        """Give what follows from inputs being silent until now on the caller's clock."""
