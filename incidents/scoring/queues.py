"""Queues against those that truly stood: is the root right, and length, delay and onset."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from congestion.queues.find import Queues
from congestion.queues.history import QueueMinute
from incidents.scoring.true_queues import TrueQueue, TrueTraffic
from ingest.kernels.arrays import Floats
from ingest.units import MINUTE_S
from mapmatch.network import Network

WARM_UP_MINUTES = 10
"""Minutes of a recording before length, delay and onset are scored. Source: chosen, the recordings
begin with queues whose onset nobody saw."""
ONSET_MINUTES = 5.0
"""Minutes by which a right onset may be off. Source: chosen."""


class RootScore(msgspec.Struct, frozen=True):
    """How many true queues' roots are right; the shares are None where there is no queue.

    A root is right where the queue that covers most of the true one (by metres) has its root there
    or on a segment next to it. `clear` leaves out true queues that seem to end behind a short
    segment without a label that stands as well. `connected` takes all congested segments that touch
    for one queue, and any of its downstream ends may be the root.
    """

    queue_count: int
    right_share: float | None
    clear_count: int
    clear_right_share: float | None
    connected_count: int
    connected_right_share: float | None


class FollowedScore(msgspec.Struct, frozen=True):
    """What was published of the true queues whose root was found, means over queues and minutes."""

    found_count: int
    true_length_m: float
    length_m: float
    length_error_m: float
    true_delay_veh_h: float  # lost in the minute
    delay_veh_h: float
    delay_error_veh_h: float
    onset_error_median_min: float  # published minus true
    onset_within_5_min: float


def covering_root(network: Network, queues: Queues, members: Sequence[int]) -> int | None:
    """Give the root of the queue that covers most of some segments, None where none does."""
    of = np.asarray(members)
    metres = np.bincount(queues.root_of[of] + 1, network.length_m[of], network.segment_count)
    metres[0] = 0.0  # in no queue
    return int(metres.argmax()) - 1 if metres.any() else None


def score_roots(truth: TrueTraffic, queues_at: Callable[[int], Queues]) -> RootScore:
    """Score the roots of the queues that were found in each minute, once a minute and queue."""
    right, clear, connected = [], [], []
    for minute, true in truth.scored_queues():
        root = covering_root(truth.network, queues_at(minute), true.members)
        right.append(root in truth.near(true.root))
        if true.is_clear:
            clear.append(right[-1])
    for minute in range(len(truth.queues)):
        for touching in truth.touching(minute):
            root = covering_root(truth.network, queues_at(minute), touching.members)
            connected.append(any(root in truth.near(end) for end in touching.ends))
    return RootScore(
        len(right), _mean(right), len(clear), _mean(clear), len(connected), _mean(connected)
    )


def score_followed(truth: TrueTraffic, minutes: Sequence[QueueMinute]) -> FollowedScore | None:
    """Score length, delay and onset of the true queues whose root was found; None if none was."""
    lost, rows = truth.lost_vehicle_hours(), []
    for minute, true in truth.scored_queues():
        if minute < WARM_UP_MINUTES:
            continue
        now = minutes[minute]
        root = covering_root(truth.network, now.queues, true.members)
        if root is None or root not in truth.near(true.root):
            continue
        queue = now.queues.queue_of(root)
        assert queue is not None
        members = now.queues.members_of(queue)
        onset_min = (now.onset[queue] - minutes[0].minute_start) / MINUTE_S
        rows.append(
            (
                now.queues.length_m[queue], true.length_m,
                np.nansum(now.delay_veh_h[members]), np.nansum(lost[minute][members]),
                onset_min - _began(truth, minute, true),
            )
        )  # fmt: skip
    if not rows:
        return None
    length, true_length, delay, true_delay, onset_error = np.array(rows, np.float64).T
    return FollowedScore(
        found_count=len(rows),
        true_length_m=float(true_length.mean()),
        length_m=float(length.mean()),
        length_error_m=_error(length, true_length),
        true_delay_veh_h=float(true_delay.mean()),
        delay_veh_h=float(delay.mean()),
        delay_error_veh_h=_error(delay, true_delay),
        onset_error_median_min=float(np.median(onset_error)),
        onset_within_5_min=float((np.abs(onset_error) <= ONSET_MINUTES).mean()),
    )


def _began(truth: TrueTraffic, minute: int, queue: TrueQueue) -> int:
    """Give the first minute of those in a row in which the root was in a true queue."""
    began = minute
    while began > 0 and any(queue.root in q.members for q in truth.queues[began - 1]):
        began -= 1
    return began


def _error(values: Floats, true: Floats) -> float:
    return float(np.abs(values - true).mean())


def _mean(values: list[bool]) -> float | None:
    return float(np.mean(values)) if values else None
