"""How far a gateway's time has come, told by its rows: a message with a mad clock does not move it.

Time never falls back downstream, so one believed row of next year would make all others late.
"""

from typing import Annotated

import msgspec

Seconds = Annotated[float, "s"]

# No gateway of a live city speaks less often. A clock that is off by less makes rows late by less,
# one that is off by more is heard only where others agree.
LONGEST_STEP_S = 900.0
# So many messages must claim a time far from what was promised before it is believed.
AGREEING_COUNT = 3
_MOST_CLAIMS = 16


class GatewayClockState(msgspec.Struct, frozen=True):
    """A gateway clock as saved: what it promised, the latest claim believed, those not yet."""

    promised: Seconds | None = None
    heard: Seconds | None = None
    claims: tuple[Seconds, ...] = ()


class GatewayClock:
    """Remembers what was promised, and claims too far ahead of it to be believed alone.

    The first time, and every later leap forward, is promised once several messages claim it, from
    the earliest of them on; a message that goes on where the clock stands forgets what leapt before
    it. Claims backwards change nothing.
    """

    def __init__(self) -> None:
        self._state = GatewayClockState()

    @property
    def promised(self) -> Seconds | None:
        """The time before which rows are late, None before enough messages agreed on one."""
        return self._state.promised

    def hear(self, claim: Seconds, interval_s: Seconds = 0.0) -> None:
        """Take note of the time that a message claims; messages may lie an interval apart."""
        state, step = self._state, LONGEST_STEP_S + interval_s
        if state.promised is not None and state.heard is not None and claim <= state.heard + step:
            self._state = GatewayClockState(max(claim, state.promised), max(claim, state.heard))
            return
        claims = (*state.claims[1 - _MOST_CLAIMS :], claim)
        agreeing = [c for c in claims if abs(c - claim) <= step * (AGREEING_COUNT - 1)]
        if len(agreeing) >= AGREEING_COUNT:
            self._state = GatewayClockState(min(agreeing), max(agreeing))
        else:
            self._state = GatewayClockState(state.promised, state.heard, claims)

    def state(self) -> GatewayClockState:
        """Give what must outlive the process."""
        return self._state

    def restore(self, state: GatewayClockState) -> None:
        """Take up a saved state."""
        self._state = state
