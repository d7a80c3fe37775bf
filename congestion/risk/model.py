"""How much each sign speaks for a breakdown: a learnt table that a person can read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats

SHIPPED = Path(__file__).parents[1] / "shipped" / "breakdown_risk.toml"
Levels = npt.NDArray[np.int8]
Indices = npt.NDArray[np.intp]


class SignWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sign adds to the log odds where it has each value; straight between, flat beyond."""

    at: tuple[float, ...]
    add: tuple[float, ...]

    def of(self, values: Floats) -> Floats:
        """Give what each of n values adds; nothing where it is NaN."""
        return np.nan_to_num(np.interp(values, self.at, self.add))


class RiskModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Natural-log odds of a breakdown within the horizon, sign by sign, and the levels' bounds."""

    learnt_from: str
    learnt_how: str
    from_1: float
    from_2: float
    from_3: float
    start: float
    """The log odds before any sign is seen."""
    signs: dict[str, SignWeights]

    def probability(self, signs: Mapping[str, Floats], places: Indices) -> Floats:
        """Give the probability of a breakdown at some of n segments from the signs of all."""
        odds = np.full(len(places), self.start)
        for name, table in self.signs.items():
            odds += table.of(signs[name][places])
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))

    def levels(self, probability: Floats) -> Levels:
        """Give the level of each of n probabilities: 0 none, 1 to 3; 0 where it is NaN."""
        bounds = np.array([self.from_1, self.from_2, self.from_3])
        return np.asarray((probability[:, None] >= bounds).sum(axis=1), np.int8)


def read_risk_model(path: Path = SHIPPED) -> RiskModel:
    """Give the model of a file. Raises ValueError where it is no such model."""
    try:
        model = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RiskModel)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: no model of breakdowns: {error}") from error
    for name, table in model.signs.items():
        if len(table.at) != len(table.add) or np.any(np.diff(table.at) <= 0):
            raise ValueError(f"{path}: sign {name!r}: expected rising values, each with a weight")
    return model


@cache
def shipped_model() -> RiskModel:
    """Give the model that comes with the program."""
    return read_risk_model()
