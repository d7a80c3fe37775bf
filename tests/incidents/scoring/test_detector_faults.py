"""Detector faults that were reported against those that truly were."""

from congestion.records import DetectorFault
from incidents.scoring.detector_faults import score_faults

TRUE = {"A": "chatter", "B": "stuck on", "C": "silent"}


def report(detector: str, since: float, until: float | None = None) -> DetectorFault:
    return DetectorFault(detector, "s", "chatter", since, until, "")


def test_a_fault_is_found_where_its_detector_is_accused_of_whatever() -> None:
    score = score_faults([report("A", 720.0), report("B", 600.0)], TRUE, since=600.0)
    assert {o.detector_id: o.is_found for o in score.outcomes} == {"A": True, "B": True, "C": False}
    assert [o.onset_off_min for o in score.outcomes] == [2.0, 0.0, None]


def test_a_sound_detector_that_is_accused_counts_against_precision_even_if_taken_back() -> None:
    reports = [report("A", 600.0), report("D", 660.0), report("D", 660.0, until=900.0)]
    score = score_faults(reports, TRUE, since=600.0)
    assert (score.accused_count, score.right_count) == (2, 1)


def test_kinds_left_out_are_neither_found_nor_accused() -> None:
    score = score_faults(
        [report("A", 600.0), report("C", 0.0)], TRUE, since=600.0, left_out=("silent",)
    )
    assert [o.detector_id for o in score.outcomes] == ["A", "B"]
    assert (score.accused_count, score.right_count) == (1, 1)
