"""What a vehicle's headings are worth, kept fix by fix, against all of them at once."""

from collections.abc import Callable

import numpy as np
import pytest

from mapmatch.kernels import noise
from tests.drawing import draw
from tests.mapmatch.kernels.setting import HEADING_SIGMA, SIGMA_M, memory_of
from tests.reference.headings import Course, believed

NETWORK = draw("A--B").network
RECEIVERS: dict[str, Callable[[float, np.random.Generator], float]] = {
    "right": lambda way, random: (way + random.normal(0, 8)) % 360,
    "stuck": lambda way, random: 0.0,
    "turned": lambda way, random: (way + 180 + random.normal(0, 8)) % 360,
    "eighths": lambda way, random: round(way / 45) % 8 * 45.0,
    "codes": lambda way, random: float(round(way / 45) % 8),
    "random": lambda way, random: random.uniform(0, 360),
}


def courses(receiver: str, count: int, seed: int) -> list[Course]:
    """Give the fixes of a vehicle that turns now and then, some near each other or without
    heading."""
    random = np.random.default_rng(seed)
    x = y = way = 0.0
    given = []
    for _ in range(count):
        way += float(random.choice([0, 0, 0, 90, -90, 37]))
        metres = float(random.choice([10.0, 60.0, 200.0]))
        x, y = x + metres * np.sin(np.radians(way)), y + metres * np.cos(np.radians(way))
        heading = RECEIVERS[receiver](way % 360, random)
        speed = float(random.choice([2.0, 12.0]))
        has_heading = random.random() < 0.9
        given.append(
            Course(
                float(np.float32(x)), float(np.float32(y)), speed,
                float(np.float32(heading)) if has_heading else None,
            )
        )  # fmt: skip
    return given


@pytest.mark.parametrize("receiver", list(RECEIVERS))
@pytest.mark.parametrize("seed", range(8))
def test_headings_are_believed_as_by_the_book(receiver: str, seed: int) -> None:
    memory = memory_of(NETWORK)
    noise.forget_headings(memory, 0)
    fixes = courses(receiver, 60, seed)
    for n, fix in enumerate(fixes):
        given = np.nan if fix.heading_deg is None else float(np.radians(fix.heading_deg))
        noise.learn_heading(memory, 0, fix.x, fix.y, fix.speed_mps, given, SIGMA_M)
        found = noise.believed_heading(memory, 0, given)
        memory.slots[0].layer_x, memory.slots[0].layer_y = fix.x, fix.y
        memory.slots[0].layer_count = 1
        expected = believed(fixes[: n + 1], SIGMA_M)
        if expected is None:
            assert np.isnan(found)
        else:
            assert np.degrees(found) % 360 == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("receiver", "is_coarse"), [("right", False), ("eighths", True)])
def test_eighths_of_a_circle_are_known_and_further_off(receiver: str, is_coarse: bool) -> None:
    memory = memory_of(NETWORK)
    noise.forget_headings(memory, 0)
    for fix in courses(receiver, 60, 1):
        given = np.nan if fix.heading_deg is None else float(np.radians(fix.heading_deg))
        noise.learn_heading(memory, 0, fix.x, fix.y, fix.speed_mps, given, SIGMA_M)
        memory.slots[0].layer_x, memory.slots[0].layer_y = fix.x, fix.y
        memory.slots[0].layer_count = 1
    # Evenly within 22.5 deg: a standard deviation of 13 deg, added to 20.
    expected = np.radians(np.hypot(20.0, 22.5 / np.sqrt(3))) if is_coarse else HEADING_SIGMA
    assert noise.heading_sigma_of(memory, 0) == pytest.approx(expected, rel=1e-6)
