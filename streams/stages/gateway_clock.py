"""How far a gateway's time has come by its rows; one message with a mad clock does not move it.

Time never falls back downstream, so one believed row of next year would make all others late.
"""

from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds

LEAP_S = 1800.0
"""A claim further ahead than this leaps. Unit: s. Source: chosen: a clock set to another time zone
is off by an hour at least."""
AGREEING_COUNT = 3
"""So many messages must claim a time that leaps before it is believed. Unit: count. Source: chosen,
so that two mad clocks move nothing."""
AGREEING_S = 7 * 86400.0
"""And their claims lie this near each other. Unit: s. Source: chosen: a gateway may send one
message a day."""
_MOST_CLAIMS = 16
"""Claims remembered until enough of them agree. Unit: count. Source: chosen."""


class _GatewayClockState(SavedState, frozen=True):
    """What was promised, and the claims not yet believed."""

    SCHEMA_VERSION = 1

    promised: Seconds | None = None
    claims: tuple[Seconds, ...] = ()


class GatewayClock:
    """Remembers what was promised, and claims too far ahead of it to be believed alone.

    The first time, and every later leap, is promised once several messages claim it, from the
    earliest of them on; a message that goes on where the clock stands forgets what leapt before
    it. Claims backwards change nothing.
    """

    def __init__(self) -> None:
        self._state = _GatewayClockState()

    @property
    def promised(self) -> Seconds | None:
        """The time before which rows are late, None before enough messages agreed on one."""
        return self._state.promised

    def take(self, claim: Seconds) -> None:
        """Take note of the time that a message claims."""
        promised = self._state.promised
        if promised is not None and claim <= promised + LEAP_S:
            self._state = _GatewayClockState(max(claim, promised))
            return
        claims = (*self._state.claims[1 - _MOST_CLAIMS :], claim)
        agreeing = [c for c in claims if abs(c - claim) <= AGREEING_S]
        if len(agreeing) >= AGREEING_COUNT:
            self._state = _GatewayClockState(min(agreeing))
        else:
            self._state = _GatewayClockState(promised, claims)

    def accept(self, time: Seconds) -> None:
        """Promise a time that is known to be right, where it is later than what was promised."""
        promised = self._state.promised
        self._state = _GatewayClockState(time if promised is None else max(time, promised))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state)

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._state = unpack(data, self._state)
