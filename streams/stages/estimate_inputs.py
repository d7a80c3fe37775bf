"""What the estimate stage does with each topic that it reads: one record a topic."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from congestion.states.estimator import StateEstimator
from ingest.checks.camera_events import check_camera_events
from ingest.checks.check import Checked
from ingest.checks.readings import check_readings
from ingest.frames import CAMERA_EVENTS, READINGS, FrameError
from ingest.kernels.arrays import Int32s
from ingest.refusals import Reason
from ingest.units import Seconds
from mapmatch.records import PROGRESS
from streams import topics
from streams.city import City

Add = Callable[[StateEstimator, pa.RecordBatch, Seconds | None, Seconds | None], None]
"""Gives rows to an estimator, with what their channel promised before and by their frame."""


@dataclass(frozen=True)
class Input:
    """How the rows of one topic are read, checked, parted by region and given to estimators.

    `check` gets the rows and the time by which they arrived; it raises FrameError where they
    belong to another network. `count_name` is the estimator's name for the rows that it counts
    late or sent again. `add_refused` takes the rows refused for a reason that an estimator must
    know of. `findings` fill fields of the counts with what a stage's estimators, one a region,
    found out from the topic.
    """

    schema: pa.Schema
    count_name: str
    check: Callable[[City, pa.RecordBatch, Seconds | None], Checked]
    regions: Callable[[City, pa.RecordBatch], Int32s]
    add: Add
    add_refused: Mapping[Reason, Add] = field(default_factory=dict)
    counts_late_as_refused: bool = True
    findings: Mapping[str, Callable[[Iterable[StateEstimator]], Any]] = field(default_factory=dict)


def _check_segments(city: City, rows: pa.RecordBatch, _arrival: Seconds | None) -> Checked:
    segment = rows.column("segment").to_numpy(zero_copy_only=False)
    count = city.network.segment_count
    if len(segment) and not 0 <= segment.min() <= segment.max() < count:
        raise FrameError(
            f"column 'segment' holds {segment.min()} to {segment.max()}, "
            f"expected 0 to {count - 1}: another network's frame?"
        )
    return Checked(rows, [])


def _regions_of_progress(city: City, rows: pa.RecordBatch) -> Int32s:
    segments = rows.column("segment").to_numpy(zero_copy_only=False)
    return city.network.region[segments].astype(np.int32)


def _excluded(estimators: Iterable[StateEstimator]) -> dict[str, str]:
    return {name: fault for e in estimators for name, fault in e.excluded_detectors().items()}


def _withdrawn(estimators: Iterable[StateEstimator]) -> dict[str, int]:
    """Give how many detectors each test accused in the regions where it withdrew, summed."""
    total = Counter[str]()
    for estimator in estimators:
        total.update(estimator.withdrawn_tests())
    return dict(total)


def _clocks_off(estimators: Iterable[StateEstimator]) -> dict[str, float]:
    return {clock.camera_id: clock.offset_s for e in estimators for clock in e.clocks_off()}


INPUTS: Mapping[str, Input] = {
    topics.PROGRESS: Input(
        schema=PROGRESS,
        count_name="progress",
        check=_check_segments,
        regions=_regions_of_progress,
        add=lambda estimator, rows, before, now: estimator.add_progress(rows, before, now),
        counts_late_as_refused=False,  # only pieces of a row are late
    ),
    topics.READINGS: Input(
        schema=READINGS,
        count_name="readings",
        check=lambda city, rows, arrival: check_readings(rows, city.known_detectors, arrival),
        regions=City.regions_of_readings,
        add=lambda estimator, rows, before, _: estimator.add_readings(rows, before),
        add_refused={
            Reason.OCCUPANCY_IN_PERCENT: (
                lambda estimator, rows, before, _: estimator.add_percentages(rows, before)
            )
        },
        findings={
            "excluded": _excluded,
            "withdrawn": _withdrawn,
            "unfelt": lambda estimators: sum(e.unfelt_count() for e in estimators),
        },
    ),
    topics.CAMERA_EVENTS: Input(
        schema=CAMERA_EVENTS,
        count_name="camera_events",
        check=lambda city, rows, arrival: check_camera_events(rows, city.approaches, arrival),
        regions=City.regions_of_camera_events,
        add=lambda estimator, rows, before, _: estimator.add_camera_events(rows, before),
        findings={"clocks_off": _clocks_off},
    ),
}
"""Every topic that the estimate stage reads."""
