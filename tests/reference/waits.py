"""When nodes were passed between two fixes, written out place by place."""

from math import exp, isnan


def passing_shares(
    seconds: float, pieces: list[tuple[float, bool]], leaving_mps: float, coming_mps: float
) -> list[float]:
    """Give the share of the seconds that was over at each node between two fixes.

    pieces: seconds at free speed, and whether a signal ends it; the last piece ends at the fix.
    """
    free = sum(piece for piece, _ in pieces)
    if free == 0.0 or seconds == 0.0:
        return [0.0] * (len(pieces) - 1)
    if isnan(leaving_mps) or isnan(coming_mps):
        shares = [piece / free for piece, _ in pieces]
    else:
        weights = [0.03 * piece + (1.0 if signal else 0.08) for piece, signal in pieces[:-1]]
        weights.append(0.03 * pieces[-1][0])
        weights[0] += 2.5 * exp(-leaving_mps / 1.6) * min(1.0, pieces[0][0] / 0.9)
        weights[-1] += 4.2 * exp(-coming_mps / 6.0) * min(1.0, pieces[-1][0] / 0.9)
        driven = min(seconds, 1.04 * free)
        waited = seconds - driven
        shares = [
            (driven * piece / free + waited * weight / sum(weights)) / seconds
            for (piece, _), weight in zip(pieces, weights, strict=True)
        ]
    return [sum(shares[: k + 1]) for k in range(len(pieces) - 1)]
