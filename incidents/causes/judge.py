"""The posterior over the causes of each alert, minute after minute."""

from collections.abc import Mapping, Sequence

import msgspec

from incidents.alerts.tracked_alert import TrackedAlert
from incidents.causes.signs import EVER, NOW, CauseSigns
from incidents.causes.weights import CauseWeights, shipped_weights
from incidents.records import Cause, CauseShare, Evidence, iso
from incidents.seen_words import evidence
from incidents.signs.city import CitySigns
from incidents.signs.planned import PlannedSign
from ingest.units import MINUTE_S

LEAD = 0.1
"""Another cause is told once it is so much likelier than the one that was told. Unit: share.
Source: chosen, so that two causes that are about as likely do not take turns."""
LEAST_TOLD = 0.05
"""Causes less likely than this are not told. Unit: share. Source: chosen."""
MOST_SIGNS = 6
"""So many signs of a cause are told, the weightiest first. Unit: count. Source: chosen."""


class CauseJudge:
    """Judges alerts from the signs at their root; what it remembers is in the alerts.

    A sign counts by the share of an alert's minutes in which it held; what cameras and people named
    counts as if it had held all the time, and a loop while there is one.
    """

    def __init__(self, signs: CauseSigns, weights: CauseWeights | None = None) -> None:
        self._signs = signs
        self._weights = weights or shipped_weights()

    def step(
        self,
        alert: TrackedAlert,
        incidents: Sequence[TrackedAlert],
        city: CitySigns,
        planned: Mapping[int, PlannedSign],
    ) -> None:
        """Take a minute of an alert that is not cleared; set its causes anew.

        `incidents` are those that are suspected or told, judged before the hot spots.
        """
        when = iso(city.minute_start + MINUTE_S)
        alert.cause_minutes += 1
        for name in NOW:
            alert.cause_signs.pop(name, None)
        for name, sign in self._signs.at(alert, incidents, city, planned).items():
            alert.cause_signs[name] = alert.cause_signs.get(name, 0) + 1
            alert.cause_seen[name] = evidence(sign.source, sign.seen, when, 0.0)
        held = held_shares(alert)
        posterior = self._weights.posterior(held)
        ranked = sorted(posterior, key=lambda cause: (-posterior[cause], cause))
        told = alert.told_cause
        if told in posterior and posterior[ranked[0]] < posterior[told] + LEAD:
            ranked = [told, *(cause for cause in ranked if cause != told)]
        alert.causes = [
            CauseShare(cause, round(posterior[cause], 3), self._evidence(alert, held, cause, rival))
            for cause, rival in zip(ranked, [ranked[1], *ranked], strict=False)
            if posterior[cause] >= LEAST_TOLD or cause == ranked[0]
        ]

    def _evidence(
        self, alert: TrackedAlert, held: Mapping[str, float], cause: Cause, rival: Cause
    ) -> list[Evidence]:
        """Give the signs that tell a cause from another, each with its log odds."""
        weights = self._weights
        odds = {
            name: share * (weights.weight(name, cause) - weights.weight(name, rival))
            for name, share in held.items()
        }
        first = sorted((name for name in odds), key=lambda name: (-abs(odds[name]), name))
        return [
            msgspec.structs.replace(seen, weight=round(odds[name], 2))
            for name in first[:MOST_SIGNS]
            if abs(odds[name]) >= LEAST_TOLD and (seen := alert.cause_seen[name])
        ]


def held_shares(alert: TrackedAlert) -> dict[str, float]:
    """Give by sign the share of an alert's minutes in which it held."""
    return {
        name: 1.0 if name in NOW or name.partition(": ")[2] in EVER else count / alert.cause_minutes
        for name, count in alert.cause_signs.items()
    }
