"""How weights of signs become the probabilities of causes."""

import math
from typing import get_args

import pytest

from incidents.causes.weights import CauseWeights, shipped_weights
from incidents.records import Cause

WEIGHTS = CauseWeights(
    "nothing", "by hand", {"signal": 0.0, "demand": math.log(2.0)}, {"red": {"signal": 2.0}}
)


def test_without_a_sign_each_cause_is_as_likely_as_it_starts() -> None:
    assert WEIGHTS.posterior({}) == pytest.approx({"signal": 1 / 3, "demand": 2 / 3})


def test_a_sign_that_held_half_of_the_time_adds_half_of_its_weight() -> None:
    odds = math.exp(1.0) / 2.0
    told = WEIGHTS.posterior({"red": 0.5})
    assert told["signal"] == pytest.approx(odds / (1 + odds))


def test_a_sign_that_nobody_learnt_about_says_nothing() -> None:
    assert WEIGHTS.posterior({"a comet": 1.0}) == WEIGHTS.posterior({})


def test_the_shipped_table_knows_every_cause_that_roads_show() -> None:
    # A queue that backs up from another's root has no alert.
    assert set(shipped_weights().start) == set(get_args(Cause)) - {"spillback"}


def test_the_shipped_table_tells_works_where_works_are_planned() -> None:
    told = shipped_weights().posterior({"told as incident": 1.0, "works planned": 1.0})
    assert max(told, key=lambda cause: told[cause]) == "work_zone"
