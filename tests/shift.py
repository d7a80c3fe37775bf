"""A scripted shift: an operator who sees every case through, and patrols that drive when sent."""

from collections.abc import Iterable
from typing import Any

import msgspec

from incidents.cases.table import LIVE, NEXT
from incidents.records import Alert, iso, seconds

DRIVE_S = 120.0
"""A patrol without a time of its own is there after so long."""
WORK_S = 240.0
"""And has cleared the road after so long, unless the data say so before."""
PATROLS = ("p1", "p2", "p3", "p4")


class Operator:
    """Remembers the newest version of every case, and how many commands were given.

    Grave or not, each is acknowledged, confirmed, seen to and closed; what stands in the queue of
    another is merged into it, and of the hot spots every third is dismissed as known.
    """

    def __init__(self, drive_s: float = DRIVE_S, work_s: float = WORK_S) -> None:
        self._drive_s, self._work_s = drive_s, work_s
        self.cases: dict[str, Alert] = {}
        self._count = 0

    def see(self, alerts: Iterable[Alert]) -> None:
        """Take versions as they come."""
        for alert in alerts:
            known = self.cases.get(alert.alert_id)
            if known is None or known.version < alert.version:
                self.cases[alert.alert_id] = alert

    def commands(self, now: float) -> list[bytes]:
        """Give the next command of each case that waits for one."""
        given = []
        for case in sorted(self.cases.values(), key=lambda one: one.alert_id):
            step = self._next(case, now)
            if step is not None:
                action, more = step
                body = {
                    "command_id": f"{case.alert_id}/{case.version}/{action}",
                    "action": action, "alert_id": case.alert_id, "actor": "script",
                    "expected_version": case.version, "at": iso(now), **more,
                }  # fmt: skip
                given.append(msgspec.json.encode(body))
        self._count += len(given)
        return given

    def patrols(self, now: float) -> list[bytes]:
        """Give what the patrols say: where they are, and whether they are sent."""
        sent = {
            case.patrol.id for case in self.cases.values()
            if case.patrol is not None and case.state in ("dispatched", "arrived", "clearing")
        }  # fmt: skip
        return [
            msgspec.json.encode({
                "patrol_id": name, "event_time": iso(now), "longitude": 121.470 + 0.004 * number,
                "latitude": 31.228, "status": "busy" if name in sent else "free", "unit": "duty",
            })
            for number, name in enumerate(PATROLS)
        ]  # fmt: skip

    def _next(self, case: Alert, now: float) -> tuple[str, dict[str, Any]] | None:
        """Give what is to be done next with a case, None where it waits or is over."""
        if case.state not in LIVE:
            return None
        stamps = case.stamps
        if case.state in ("open", "updated"):
            root = self._root_of(case)
            if root is not None:
                return "merge", {"into": root}
            if case.kind == "hotspot" and sum(map(ord, case.alert_id)) % 3 == 0:
                return "dismiss", {"reason": "known"}
            return "acknowledge", {}
        since = now - seconds(case.log[-1].time)
        if case.state == "acknowledged":
            patrol = case.patrol
            return "dispatch", {"patrol_id": patrol.id} if patrol else {"unit": "duty"}
        if case.state == "dispatched":
            eta_s = (case.patrol.eta_s if case.patrol else None) or self._drive_s
            return ("arrive", {}) if since >= min(eta_s, self._drive_s) else None
        if case.state == "arrived":
            return "clearing", {}
        if case.state == "clearing":
            return ("clear", {}) if since >= self._work_s else None
        if stamps.t4 is None and ("cleared", "arrive") in NEXT and case.state == "cleared":
            return "arrive", {}
        if stamps.t6 is None:
            return "clear", {}
        if case.state == "cleared":
            return ("verify", {}) if since >= self._work_s else None
        return "close", {"reason": "seen through"}

    def _root_of(self, case: Alert) -> str | None:
        """Give an older case in whose queue this one stands, if any."""
        return next(
            (
                other.alert_id for other in self.cases.values()
                if other is not case and other.state in LIVE
                and case.segment_id in other.queue_segment_ids
                and other.log[0].time < case.log[0].time
            ),
            None,
        )  # fmt: skip
