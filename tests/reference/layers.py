"""The slow twin of mapmatch.kernels.layers: Python's own sort, and lists."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hypothesis:
    """A state that a new layer may hold; `debt` is what it costs more by the settled route.

    `back` is the state before it, `route_back` the one before it on the settled route; `root` is
    where `back` comes from in the oldest undecided layer.
    """

    score: float
    debt: float | None
    back: int
    route_back: int
    root: int


@dataclass(frozen=True)
class Held:
    """A state of the new layer, by its number among the hypotheses."""

    number: int
    score: float
    debt: float | None
    route_back: int
    root: int


def layer_of(
    hypotheses: list[Hypothesis], beam: float, most: int, *, is_oldest: bool
) -> list[Held]:
    """Give the states of the new layer: the `most` likeliest within the beam, the likeliest at 0.

    Debts count from the least of them. Where the settled route reaches none of the states it is
    given up: any of them may follow it, by the way that is likeliest. In the oldest undecided layer
    each state is its own root.
    """
    best = min(h.score for h in hypotheses)
    order = sorted(range(len(hypotheses)), key=lambda n: hypotheses[n].score)
    order = [n for n in order if hypotheses[n].score <= best + beam][:most]
    reached = [debt for n in order if (debt := hypotheses[n].debt) is not None]
    return [
        Held(
            number=n,
            score=hypotheses[n].score - best,
            debt=_debt(hypotheses[n].debt, reached),
            route_back=hypotheses[n].route_back if reached else hypotheses[n].back,
            root=place if is_oldest else hypotheses[n].root,
        )
        for place, n in enumerate(order)
    ]


def _debt(debt: float | None, reached: list[float]) -> float | None:
    if not reached:
        return 0.0
    return None if debt is None else debt - min(reached)
