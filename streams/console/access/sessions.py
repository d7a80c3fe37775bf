"""Who is logged in, and who tried too often."""

import secrets
from collections import deque
from collections.abc import Callable

from streams.console.access.users import User, Users

LASTS_S = 12 * 3600.0
"""Who logged in is asked again after this time. Unit: s. Source: chosen, longer than a shift."""
MOST_SESSIONS = 10_000
"""Of more the oldest are forgotten. Unit: count. Source: chosen, ten a person of a large centre."""
MOST_FAILURES = 10
"""Who failed so often lately is not heard. Unit: count. Source: chosen; a person has it by then."""
FAILURES_S = 300.0
"""Failures count for this long. Unit: s. Source: chosen: 120 guesses an hour from an address."""


class Sessions:
    """Remembers who logged in, in this process only.

    A session ends by itself after a time, when it is closed, and when the user is removed or has
    another password. `clock` gives seconds that only grow.
    """

    def __init__(self, users: Users, clock: Callable[[], float]) -> None:
        self._users, self._clock = users, clock
        self._sessions: dict[str, tuple[User, float]] = {}
        self._failures: dict[str, deque[float]] = {}

    def begin(self, user: User) -> str:
        """Log a user in; give the secret that stands for it."""
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[token] = (user, self._clock())
        return token

    def user(self, token: str) -> User | None:
        """Give who logged in under a secret, as the user is now; None where nobody is."""
        known, since = self._sessions.get(token, (None, 0.0))
        if known is None:
            return None
        now = self._users.find(known.name)
        is_over = self._clock() - since > LASTS_S
        if is_over or now is None or now.password != known.password:
            self.end(token)
            return None
        return now

    def end(self, token: str) -> None:
        """Log out."""
        self._sessions.pop(token, None)

    def fail(self, address: str) -> None:
        """Note that somebody at an address gave a wrong password."""
        self._failures.setdefault(address, deque(maxlen=MOST_FAILURES)).append(self._clock())

    def wait_s(self, address: str) -> float:
        """Give for how long nobody at an address is heard, 0 where they are."""
        for known in [one for one, times in self._failures.items() if self._is_past(times[-1])]:
            del self._failures[known]
        times = self._failures.get(address, deque())
        if len(times) < MOST_FAILURES or self._is_past(times[0]):
            return 0.0
        return times[0] + FAILURES_S - self._clock()

    def _is_past(self, time: float) -> bool:
        return self._clock() - time > FAILURES_S
