"""How unlike are two counts, or the shares of two lanes? Log likelihood ratios."""

import numpy as np

from ingest.kernels.arrays import Floats


def changed(count: Floats, minutes: Floats, new_count: Floats, new_minutes: Floats) -> Floats:
    """Give the log likelihood ratio of two Poisson rates against one rate."""
    rate = (count + new_count + 0.5) / (minutes + new_minutes + 1.0)
    old, new = (count + 0.25) / (minutes + 0.5), (new_count + 0.25) / (new_minutes + 0.5)
    return np.asarray(count * np.log(old / rate) + new_count * np.log(new / rate))


def log_odds(a: Floats, b: Floats) -> Floats:
    """Give the logarithm of how many times as much passes the one lane as the other."""
    return np.asarray(np.log((a + 0.5) / (b + 0.5)))


def unlike(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Give the log likelihood ratio of a:b and c:d having a share each against one share."""
    cells = [count + 0.5 for count in (a, b, c, d)]
    a, b, c, d = cells
    total = a + b + c + d
    expected = ((a + b) * (a + c), (a + b) * (b + d), (c + d) * (a + c), (c + d) * (b + d))
    terms = [x * np.log(x * total / e) for x, e in zip(cells, expected, strict=True)]
    return np.asarray(np.sum(terms, axis=0))
