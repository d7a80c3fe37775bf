"""How much each sign speaks for each cause: a learnt table that a person can read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from incidents.records import Cause

SHIPPED = Path(__file__).parents[1] / "shipped" / "cause_weights.toml"


class CauseWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Natural-log weights: a cause's sum over the signs, less the others', is its log odds."""

    learnt_from: str
    learnt_how: str
    start: dict[Cause, float]
    """What speaks for each cause before any sign is seen."""
    signs: dict[str, dict[Cause, float]]
    """What a sign that held all the time adds to each cause; 0 where it is left out."""

    def posterior(self, held: Mapping[str, float]) -> dict[Cause, float]:
        """Give each cause's probability from the share of the time in which each sign held."""
        causes = list(self.start)
        sums = np.array([self.sum_of(cause, held) for cause in causes])
        weight = np.exp(sums - sums.max())
        return dict(zip(causes, (weight / weight.sum()).tolist(), strict=True))

    def sum_of(self, cause: Cause, held: Mapping[str, float]) -> float:
        """Give a cause's sum over the signs."""
        return self.start[cause] + sum(
            share * self.weight(name, cause) for name, share in sorted(held.items())
        )

    def weight(self, sign: str, cause: Cause) -> float:
        """Give what a sign adds to a cause."""
        return self.signs.get(sign, {}).get(cause, 0.0)


@cache
def shipped_weights() -> CauseWeights:
    """Give the table that comes with the program."""
    return msgspec.convert(tomllib.loads(SHIPPED.read_text(encoding="utf-8")), CauseWeights)
