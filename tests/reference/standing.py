"""The slow twin of mapmatch.kernels.standing: a stand weighed whole, from its first fix on.

The mean of n fixes of one place tells more than one. For an error that persists for tau (first
order Markov), the mean over T seconds has the variance sigma^2 / (1 + T / (2 tau)).
"""

from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from tests.reference.candidates import junction_cost, nearest_place

LEAST_SHARE = 0.08
"""A new fix counts at least so much in the mean: a queue may creep."""
MOST_TAUS = 6.0
"""A stand longer than so many tau says no more."""


def mean_of(fixes: list[tuple[float, float]]) -> tuple[float, float]:
    """Give the mean of a stand's fixes, in which late ones count at least LEAST_SHARE."""
    shares = [max(1.0 / n, LEAST_SHARE) for n in range(1, len(fixes) + 1)]
    weights = []
    for n, share in enumerate(shares):
        left = 1.0
        for later in shares[n + 1 :]:
            left *= 1.0 - later
        weights.append(share * left)
    return (
        sum(w * x for w, (x, _) in zip(weights, fixes, strict=True)),
        sum(w * y for w, (_, y) in zip(weights, fixes, strict=True)),
    )


def stand_costs(
    network: Network,
    settings: MatcherSettings,
    segment: int,
    fixes: list[tuple[float, float]],
    seconds: float,
    sigma: float,
    tau: float,
) -> tuple[float, float]:
    """Give what the stand of `fixes`, so many seconds long, costs at a segment, and its offset."""
    distance, offset = nearest_place(network, segment, *mean_of(fixes))
    span = min(seconds, MOST_TAUS * tau)
    variance = sigma**2 / (1.0 + span / (2.0 * tau))
    return distance**2 / (2.0 * variance) + junction_cost(settings, offset), offset
