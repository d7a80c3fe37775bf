"""When a test accuses so many detectors at once that the test is what is wrong."""

from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class GuardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a test of detectors withdraws."""

    most_share: Share = 0.03
    """A test that accuses more than this share of a region's detectors at once withdraws. Unit:
    share. Source: chosen; one kind of fault is on fewer than 2 % of a city's detectors in all
    recordings with faults put in (benchmarks/detector_faults.py)."""
    least_detectors: Count = 3
    """It may accuse so many in any case. Unit: count. Source: chosen, two exchanged lanes and one
    more in a region of few detectors."""
    withdrawn_minutes: Minutes = 1440
    """It stays withdrawn until it has not accused so many for so long. Unit: min. Source: chosen, a
    day, for what misleads a test comes again with the hour."""
