"""Whose times are right: every gateway's beside the others' and when its messages were sent.

Time never falls back downstream, so one gateway that is believed hours ahead makes all others late,
and one that is hours behind holds all minutes open.
"""

import threading
from collections.abc import Iterator, Sequence

import msgspec

from ingest.recorded.arrivals import AHEAD_S
from ingest.units import Seconds
from streams.stages.gateway_clock import AGREEING_COUNT, LEAP_S

WINDOW_S = 600.0
"""A gateway that has been silent for so long says nothing of another's time. Unit: s. Source:
chosen, ten readings of a detector."""
FURTHEST_AHEAD_S = 26 * 3600.0
"""A gateway alone that is up to so far ahead of when it sends has a wrong clock; one further ahead
plays a recording. Unit: s. Source: chosen, a day and the time zones of the earth between two dates.
"""
_HIGHEST_PACE = 3.0
"""A gateway whose time goes faster plays a recording. Unit: none. Source: chosen; one that sends
what it kept during an outage is a little faster than the clock."""
_POINT_S = 5.0
"""Claims of a track are remembered this far apart. Unit: s. Source: chosen, WINDOW_S has 120."""
_MOST_TRACKS = 12
"""Tracks of a channel that are remembered. Unit: count. Source: chosen."""


class Track(msgspec.Struct):
    """Claims of one channel that follow one another without a leap.

    `points` are (when sent, time claimed) of the last WINDOW_S and the first, all s since 1970 UTC.
    `is_believed` is None before it is decided; a confirmed one agreed with another source once.
    """

    number: int
    points: list[tuple[Seconds, Seconds]]
    message_count: int = 0
    is_believed: bool | None = None
    is_confirmed: bool = False

    @property
    def sent(self) -> Seconds:
        """When its last message was sent."""
        return self.points[-1][0]

    @property
    def claim(self) -> Seconds:
        """The time that its last message claims."""
        return self.points[-1][1]

    @property
    def ahead_s(self) -> Seconds:
        """How far its time is ahead of when its last message was sent."""
        return self.claim - self.sent

    @property
    def is_live(self) -> bool:
        """Whether its messages are sent when they say."""
        return abs(self.ahead_s) <= AHEAD_S

    @property
    def pace(self) -> float:
        """How fast its time goes beside that of its sending, at least 1."""
        (sent, claim), (last_sent, last_claim) = self.points[0], self.points[-1]
        return max(1.0, (last_claim - claim) / max(last_sent - sent, 1.0))

    def follows(self, sent: Seconds, claim: Seconds) -> bool:
        """Whether a claim goes on where this track stands, or as far on as time has passed."""
        step = claim - self.claim
        return abs(step) <= LEAP_S or abs(step - (sent - self.sent)) <= LEAP_S

    def take(self, sent: Seconds, claim: Seconds) -> None:
        """Take a claim that follows."""
        self.message_count += 1
        if len(self.points) > 2 and sent - self.points[-2][0] < _POINT_S:
            self.points[-1] = (sent, claim)
        else:
            self.points.append((sent, claim))
        while len(self.points) > 2 and self.points[1][0] < sent - WINDOW_S:
            del self.points[1]

    def agrees(self, other: "Track") -> bool:
        """Whether both told of the same times within the window, to within LEAP_S."""
        mine, theirs = self._span(other.sent), other._span(self.sent)
        return mine[0] <= theirs[1] + LEAP_S and theirs[0] <= mine[1] + LEAP_S

    def _span(self, sent: Seconds) -> tuple[Seconds, Seconds]:
        """Give the least and the greatest time told of, and on at its pace up to a sending."""
        claims = [claim for at, claim in self.points if at >= self.sent - WINDOW_S]
        return min(claims), max(claims) + max(0.0, sent - self.sent) * self.pace


class _Others(msgspec.Struct):
    """The other sources beside a track: who agrees, who does not, and who has not spoken since."""

    agreeing: set[str] = msgspec.field(default_factory=set)
    against: dict[str, Track] = msgspec.field(default_factory=dict)
    stale: set[str] = msgspec.field(default_factory=set)
    is_live_against: bool = False
    is_firm: bool = False  # one of those against is believed, and went on since


class SourceClocks:
    """What each channel of raw messages claims; one object for all sources of a worker.

    A channel is a partition of a source. Its claims form tracks; a track is believed where it
    agrees with when it is sent, or with most of the other sources, and alone where nothing speaks
    against it. Of two that differ with no third to tell, the earlier is believed, for time can go
    on to the later one but never back. Remembers some tracks a channel; any thread may call it.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = frozenset(sources)
        self._tracks: dict[tuple[str, int], list[Track]] = {}
        self._lock = threading.Lock()

    def take(self, source: str, partition: int, sent: Seconds, claim: Seconds) -> int:
        """Take the time that a message claims and give the number of its track."""
        with self._lock:
            tracks = self._tracks.setdefault((source, partition), [])
            by_belief = sorted(tracks, key=lambda t: (t.is_believed is True, t.sent), reverse=True)
            track = next((t for t in by_belief if t.follows(sent, claim)), None)
            if track is None:
                number = 1 + max((t.number for t in tracks), default=0)
                track = Track(number, [(sent, claim)])
                tracks.append(track)
                oldest = min(tracks, key=lambda t: (t.is_believed is True, t.sent))
                if len(tracks) > _MOST_TRACKS and oldest is not track:
                    tracks.remove(oldest)
            track.take(sent, claim)
            return track.number

    def verdict(
        self, source: str, partition: int, number: int, *, is_patient: bool = False
    ) -> bool | None:
        """Say whether a track is believed, None while that is open.

        `is_patient` where it was waited for the others long enough.
        """
        with self._lock:
            tracks = self._tracks.get((source, partition), [])
            track = next((t for t in tracks if t.number == number), None)
            if track is None:
                return False
            found = self._judge(source, partition, track, is_patient)
            if found is True and track.is_believed is not True:
                for old in tracks:
                    old.is_believed = False if old.is_believed else old.is_believed
            track.is_believed = found
            return found

    def _judge(self, source: str, partition: int, track: Track, is_patient: bool) -> bool | None:
        if track.is_live:
            track.is_confirmed = True
            return True
        others = self._others(source, partition, track)
        if others.is_live_against:
            return False
        agreed, differed = 1 + len(others.agreeing), len(others.against)
        if track.is_believed and (track.is_confirmed or differed <= agreed):
            track.is_confirmed |= bool(others.agreeing)
            return True
        is_ahead = AHEAD_S < track.ahead_s <= FURTHEST_AHEAD_S and track.pace <= _HIGHEST_PACE
        is_waited_for = is_patient or self._have_all_spoken(track)
        if others.agreeing and agreed > differed + len(others.stale):
            track.is_confirmed = not is_ahead or is_waited_for
            return True if track.is_confirmed else None
        if differed > agreed or (differed == agreed and others.is_firm):
            return False
        if track.is_believed is False and differed:
            return False
        if not (is_waited_for or self._goes_on_alone(source, partition, track, others)):
            return track.is_believed
        if not differed:
            return bool(others.agreeing) or not is_ahead
        return track.claim < min(other.claim for other in others.against.values())

    def _goes_on_alone(self, source: str, partition: int, track: Track, others: _Others) -> bool:
        """Whether a channel that was believed goes on elsewhere, and there is none beside it."""
        was_believed = any(t.is_believed for t in self._tracks[source, partition] if t is not track)
        is_alone = not (others.agreeing or others.against or others.stale)
        return was_believed and is_alone and track.message_count >= AGREEING_COUNT

    def _others(self, source: str, partition: int, track: Track) -> _Others:
        found = _Others()
        for (other, number), tracks in self._tracks.items():
            if (other, number) == (source, partition):
                tracks = [t for t in tracks if t is not track and t.is_believed]
            opinion = _opinion(tracks, track)
            if opinion is None:
                continue
            has_spoken = opinion.sent >= track.points[0][0]
            if opinion.agrees(track):
                if other != source:
                    found.agreeing.add(other)
                continue
            if opinion.is_believed is False:
                continue
            found.is_live_against |= opinion.is_live
            if opinion.is_believed and not has_spoken:
                found.stale.add(other)
                continue
            found.against[other] = opinion
            found.is_firm |= opinion.is_believed is True
        for other in found.agreeing:
            found.against.pop(other, None)
            found.stale.discard(other)
        return found

    def _have_all_spoken(self, track: Track) -> bool:
        spoken = {
            source
            for (source, _), tracks in self._tracks.items()
            if any(abs(t.sent - track.sent) <= WINDOW_S for t in tracks)
        }
        return spoken >= self._sources

    def offset(self, source: str, partition: int, number: int) -> tuple[Seconds, list[str]]:
        """Give how far a track is ahead (behind: negative), and of which sources; none: of its
        sending."""
        with self._lock:
            track = next(t for t in self._tracks[source, partition] if t.number == number)
            believed = dict(self._believed(track.sent, (source, partition)))
            if not believed:
                return track.ahead_s, []
            offsets = [
                track.claim - other.claim - (track.sent - other.sent) * other.pace
                for other in believed.values()
            ]
            return sorted(offsets)[len(offsets) // 2], sorted(believed)

    def time_beside(self, source: str, partition: int, sent: Seconds) -> Seconds | None:
        """Give the time that the others had reached when a message was sent, if any spoke."""
        with self._lock:
            told = self._believed(sent, (source, partition))
            return min((track.claim for _, track in told), default=None)

    def _believed(self, sent: Seconds, channel: tuple[str, int]) -> Iterator[tuple[str, Track]]:
        """Give the sources that are believed and speak, but for one channel."""
        for other, tracks in self._tracks.items():
            for track in tracks:
                if track.is_believed and other != channel and track.sent >= sent - WINDOW_S:
                    yield other[0], track

    def tracks(self, source: str, partition: int) -> list[Track]:
        """Give what is remembered of a channel, to be saved."""
        with self._lock:
            return msgspec.convert(
                msgspec.to_builtins(self._tracks.get((source, partition), [])), list[Track]
            )

    def put(self, source: str, partition: int, tracks: list[Track]) -> None:
        """Take up what was saved of a channel."""
        with self._lock:
            self._tracks[source, partition] = tracks


def _opinion(tracks: Sequence[Track], beside: Track) -> Track | None:
    """Give the track by which a channel is heard beside another's: where it is believed to be.

    Where it has not spoken there since the other began, its newest.
    """
    near = [t for t in tracks if t.sent >= beside.sent - WINDOW_S]
    believed = [t for t in near if t.is_believed]
    if believed and believed[0].sent >= beside.points[0][0]:
        return believed[0]
    return max(near, key=lambda t: t.sent, default=None)
