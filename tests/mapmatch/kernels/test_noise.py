"""How noisy a vehicle's fixes are, kept as sums, against all of them weighed at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapmatch.kernels import noise
from mapmatch.matcher_settings import MatcherSettings
from tests.drawing import draw
from tests.mapmatch.kernels.setting import memory_of
from tests.reference import noise as reference

NETWORK = draw("A--B").network
SETTINGS = MatcherSettings()
directions = st.sampled_from([(1.0, 0.0), (0.95, 0.3122), (0.8, 0.6), (-1.0, 0.0), (0.0, 1.0)])
seconds = st.integers(1, 600).map(lambda n: n / 10.0)
# No error at all has no time over which it persists.
errors = st.integers(-600, 600).filter(bool).map(lambda n: n / 10.0)


@st.composite
def settled_fixes(draw: st.DrawFn) -> list[reference.Seen]:
    """Give fixes whose error is random, or is the same or the opposite from one to the next."""
    count, is_turning = draw(st.integers(0, 40)), draw(st.booleans())
    first, every_s = draw(errors), draw(seconds)
    sign = draw(st.sampled_from([0.0, 1.0, -1.0]))
    return [
        reference.Seen(
            across=draw(errors) if sign == 0.0 else first * sign**n,
            along=draw(directions) if is_turning else (1.0, 0.0),
            seconds=draw(seconds) if sign == 0.0 else every_s,
            is_first=draw(st.booleans()) if is_turning else False,
        )
        for n in range(count)
    ]


@settings(max_examples=200)
@given(settled_fixes())
def test_noise_summed_fix_by_fix_is_that_of_all_fixes_weighed_by_age(
    fixes: list[reference.Seen],
) -> None:
    memory = memory_of(NETWORK)
    noise.forget_noise(memory, 0)
    for one in fixes:
        if one.is_first:
            memory.slots[0].last_across = np.nan
        noise.learn_noise(memory, 0, one.across, *one.along, one.seconds)
    assert noise.sigma_of(memory, 0) == pytest.approx(reference.sigma_of(SETTINGS, fixes), rel=1e-4)
    assert noise.tau_of(memory, 0) == pytest.approx(
        reference.tau_of(SETTINGS, fixes), rel=2e-3, abs=1e-3
    )


@pytest.mark.parametrize(
    ("across", "every_s", "sigma", "tau"),
    [
        ((0.1, 0.1), 10.0, 3.0, 80.0),
        ((90.0, 90.0), 10.0, 30.0, 80.0),
        ((9.0, 9.0), 0.1, 9.0, 0.1 / -np.log(0.995)),
        ((9.0, -9.0), 0.1, 9.0, 0.1),
        ((9.0, -9.0), 10.0, 9.0, 10.0 / -np.log(0.001)),
    ],
)
def test_noise_stays_within_what_receivers_have(
    across: tuple[float, float], every_s: float, sigma: float, tau: float
) -> None:
    memory = memory_of(NETWORK)
    noise.forget_noise(memory, 0)
    memory.model["noise_decay"] = 0.9999
    for n in range(4000):
        noise.learn_noise(memory, 0, across[n % 2], 1.0, 0.0, every_s)
    assert noise.sigma_of(memory, 0) == pytest.approx(sigma, rel=0.01)
    assert noise.tau_of(memory, 0) == pytest.approx(tau, rel=0.01)


def test_a_vehicle_not_yet_known_is_as_noisy_as_is_assumed_of_any() -> None:
    memory = memory_of(NETWORK)
    assert noise.sigma_of(memory, 0) == SETTINGS.sigma_m
    assert noise.tau_of(memory, 0) == SETTINGS.tau_s


def test_noise_learned_from_many_fixes_is_the_noise_that_made_them() -> None:
    memory = memory_of(NETWORK)
    noise.forget_noise(memory, 0)
    memory.model["noise_decay"] = 0.9999
    random = np.random.default_rng(5)
    # A first-order Markov error: sigma 12 m, tau 30 s, a fix each 5 s.
    rho, across = np.exp(-5.0 / 30.0), 0.0
    for _ in range(8000):
        across = rho * across + 12.0 * np.sqrt(1 - rho * rho) * random.normal()
        noise.learn_noise(memory, 0, across, 1.0, 0.0, 5.0)
    assert noise.sigma_of(memory, 0) == pytest.approx(12.0, rel=0.1)
    assert noise.tau_of(memory, 0) == pytest.approx(30.0, rel=0.25)
