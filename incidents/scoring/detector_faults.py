"""Detector faults that were reported against those that truly were."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from congestion.records import DetectorFault
from ingest.units import MINUTE_S, Seconds


class FaultOutcome(msgspec.Struct, frozen=True):
    """What became of one detector that is truly faulty."""

    detector_id: str
    kind: str
    is_found: bool
    onset_off_min: float | None  # from the fault's true start to the reported one; None if missed


class FaultScore(msgspec.Struct, frozen=True):
    """The truly faulty detectors, and how many were accused, rightly or not, of whatever."""

    outcomes: list[FaultOutcome]
    accused_count: int
    right_count: int


def score_faults(
    reported: Sequence[DetectorFault],
    true_kinds: Mapping[str, str],
    since: Seconds,
    left_out: Collection[str] = (),
) -> FaultScore:
    """Score what was reported of a recording whose faults, by detector, began at a time.

    A fault is found where its detector is accused, of whatever. Detectors of the kinds `left_out`
    count as neither found nor accused.
    """
    ignored = {name for name, kind in true_kinds.items() if kind in left_out}
    true = {name: kind for name, kind in true_kinds.items() if name not in ignored}
    accused = {fault.detector_id for fault in reported} - ignored
    begun = {fault.detector_id: fault.since for fault in reported if fault.until is None}
    outcomes = [
        FaultOutcome(
            name,
            kind,
            name in begun,
            abs(begun[name] - since) / MINUTE_S if name in begun else None,
        )
        for name, kind in true.items()
    ]
    return FaultScore(outcomes, len(accused), len(accused & set(true)))
