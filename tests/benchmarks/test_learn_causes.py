"""How the weights of signs are learnt."""

import tomllib

import msgspec
import pytest

from benchmarks.learn.causes import Lesson, fit, written
from benchmarks.learn.causes_left_out import answers, confusion, left_out, row
from incidents.causes.weights import CauseWeights
from incidents.records import Cause


def lesson(recording: str, truth: Cause, *signs: str, named: Cause = "demand") -> Lesson:
    held = dict.fromkeys(signs, 1.0)
    return Lesson(recording, f"hotspot-{recording}-{truth}", True, 9, (held, held), truth, named)


def lessons(district: str, count: int = 20) -> list[Lesson]:
    """Give a district where a comet always stands over the queues of incidents."""
    both = [lesson(f"{district}-1", "incident", "comet"), lesson(f"{district}-1", "demand", "rain")]
    return both * count


def test_a_sign_that_came_with_one_cause_speaks_for_it() -> None:
    weights = fit(lessons("east"), "a comet")
    told = weights.posterior({"comet": 1.0})
    assert max(told, key=lambda cause: told[cause]) == "incident"
    assert weights.weight("comet", "incident") > 0.5 > 0 > weights.weight("comet", "demand")


def test_few_alerts_leave_a_sign_what_its_words_mean() -> None:
    weights = fit([lesson("east-1", "demand", "works planned")], "one alert")
    assert weights.weight("works planned", "work_zone") > 4.0


def test_what_is_written_reads_back() -> None:
    weights = fit(lessons("east", 3), 'three "alerts"'.replace('"', ""))
    text = written(weights)
    assert msgspec.convert(tomllib.loads(text), CauseWeights) == weights


def test_each_district_is_asked_with_weights_learnt_elsewhere() -> None:
    odd = [lesson("west-1", "incident", "rain")] * 5  # rain means demand elsewhere
    asked = left_out([*lessons("east"), *odd])
    of_west = [a for a in asked if a.recording == "west-1"]
    assert {a.ranked[0] for a in of_west} == {"demand"}
    assert row("west", of_west)["right"] == 0.0
    (line,) = confusion(of_west)
    assert (line["truth"], line["count"], line["demand"]) == ("incident", 5, 5)


def test_alerts_that_were_judged_for_less_than_five_minutes_are_not_asked() -> None:
    short = shorter(lesson("east-1", "incident", "comet"), minutes=4)
    assert answers([short], fit(lessons("west"), "west")) == []


def shorter(one: Lesson, minutes: int) -> Lesson:
    return Lesson(
        one.recording, one.alert_id, one.is_alarm, minutes, one.held, one.truth, one.named
    )


@pytest.mark.parametrize(("recording", "district"), [("shanghai-core-heavy", "centre"),
                                                     ("east-g3", "east")])  # fmt: skip
def test_the_recordings_of_shanghai_core_are_of_the_centre(recording: str, district: str) -> None:
    assert lesson(recording, "demand").district == district
