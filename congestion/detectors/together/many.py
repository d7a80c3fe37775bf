"""How many turned odd within minutes of each other?"""

import numpy as np

from congestion.detectors.together.settings import GatewaySettings
from ingest.kernels.arrays import Flags, Floats
from ingest.units import MINUTE_S, Seconds


def many_together(
    since: Floats, is_odd: Flags, reporting_count: int, settings: GatewaySettings
) -> Floats:
    """Give how many odd detectors began within minutes of each one, 0 where too few did.

    `since` is when each of d detectors began (s); `reporting_count` of them report at all.
    """
    least = max(settings.share * reporting_count, settings.least_detectors)
    return np.maximum(
        began_within(since, is_odd, MINUTE_S * settings.within_minutes, least),
        began_within(since, is_odd, MINUTE_S * settings.spread_minutes,
                     max(least, 2.0 * settings.least_detectors)),
    )  # fmt: skip


def began_within(since: Floats, is_odd: Flags, within_s: Seconds, least: float) -> Floats:
    """Give how many odd detectors began in one span with each one, 0 where fewer than `least`."""
    many = np.zeros(len(since))
    odd = np.flatnonzero(is_odd)
    if len(odd) < least:
        return many
    odd = odd[np.argsort(since[odd], kind="stable")]
    begins = since[odd]
    for first in np.flatnonzero(np.r_[True, begins[1:] != begins[:-1]]).tolist():
        end = int(np.searchsorted(begins, begins[first] + within_s, "left"))
        if end - first >= least:
            many[odd[first:end]] = np.maximum(many[odd[first:end]], end - first)
    return many


def note_new(state: dict[str, Floats], many: Floats, since: Floats) -> None:
    """Write into `many` and `since` of a state who turned odd with others and had not before.

    `many` is with how many, 0 where with too few. Who had before keeps what was written then.
    """
    is_new = (many > 0) & (state["many"] == 0)
    state["since"] = np.where(is_new, since, state["since"])
    state["many"] = np.where(is_new, many, state["many"])
