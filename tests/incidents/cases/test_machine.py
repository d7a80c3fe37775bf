"""Any commands in any order: no impossible state, and each log replays to its case."""

from typing import Any, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from incidents.case_records import Action, AssignedPatrol, Command, LaneImpact
from incidents.cases.book import CaseBook
from incidents.cases.case import replay
from incidents.cases.road_watch import RoadNews, Word
from incidents.cases.table import LIVE, NEXT
from incidents.records import Alert, iso, seconds
from tests.incidents.cases.told import MINUTE, detected, place_of

IDS = st.sampled_from(["d1", "d2", "d3", "nobody"])
REASONS = st.sampled_from([None, "false", "duplicate", "tow truck late"])


class Shift(RuleBasedStateMachine):
    """A book of cases beside what was last published of each."""

    @initialize()
    def begin(self) -> None:
        self.book = CaseBook(place_of)
        self.now = MINUTE
        self.told: dict[str, Alert] = {}
        self.count = 0
        self.detect("d1", False, 1.0)

    def publish(self, cases: list[Alert]) -> None:
        """Check that each version follows from the one before by the table."""
        for case in cases:
            before = self.told.get(case.alert_id)
            event = case.log[-1]
            if before is None:
                assert (case.version, case.state) == (1, "open")
            else:
                assert case.version == before.version + 1
                assert case.log[:-1] == before.log
                assert NEXT[before.state, event.action] == case.state
            self.told[case.alert_id] = case

    @rule(
        action=st.sampled_from(get_args(Action)),
        alert_id=IDS,
        into=IDS,
        reason=REASONS,
        version=st.none() | st.integers(0, 6),
        extra=st.booleans(),
        lane=st.sampled_from(["open", "blocked"]),
        wait_s=st.sampled_from([0.0, 20.0, 400.0]),
    )
    def command(
        self, action: Any, alert_id: str, into: str, reason: str | None, version: int | None,
        extra: bool, lane: Any, wait_s: float,
    ) -> None:  # fmt: skip
        self.now += wait_s
        self.count += 1
        more = {
            "patrol_id": "p1", "unit": "u1", "comment": "so", "segment_id": "s3",
            "until": iso(self.now + 100.0), "lane_impact": [LaneImpact(1, lane)],
            "severity": 3,
        } if extra else {}  # fmt: skip
        target = None if action == "create" else alert_id
        command = Command(
            f"c{self.count}", action, "li", target, expected_version=version, reason=reason,
            into=into, **more,
        )  # fmt: skip
        before = self.book.cases
        answer = self.book.take(command, self.now)
        assert self.book.take(command, self.now) == answer
        if answer.is_accepted:
            case = self.book.case(answer.alert_id or "")
            assert case is not None and case.version == answer.version
            self.publish([case])
        else:
            assert self.book.cases == before and answer.reason

    @rule(alert_id=IDS, is_cleared=st.booleans(), delay=st.floats(0.0, 50.0))
    def detect(self, alert_id: str, is_cleared: bool, delay: float) -> None:
        case = self.book.case(alert_id)
        if case is None:
            self.told.pop(alert_id, None)  # forgotten, where there was one: this is another
        known = [e.detected_version for e in case.log if e.detected_version] if case else []
        version = max(known, default=0) + 1
        state = "open" if version == 1 else "cleared" if is_cleared else "updated"
        self.publish(
            self.book.detect(
                [detected(alert_id, version, self.now, state=state, delay_veh_h=delay)]
            )
        )

    @rule(alert_id=IDS, word=st.sampled_from(get_args(Word)), ago_s=st.floats(0.0, 300.0))
    def hear(self, alert_id: str, word: Any, ago_s: float) -> None:
        self.publish(self.book.hear([RoadNews(alert_id, word, self.now - ago_s)], self.now))

    @rule(alert_id=IDS, patrol_id=st.sampled_from([None, "p1", "p2"]))
    def propose(self, alert_id: str, patrol_id: str | None) -> None:
        patrol = AssignedPatrol(patrol_id, 60.0, "near") if patrol_id else None
        self.publish(self.book.propose({alert_id: patrol}, self.now))

    @rule(alert_id=IDS, detour=st.sampled_from([[], ["s4"], ["s4", "s5"]]))
    def reroute(self, alert_id: str, detour: list[str]) -> None:
        self.publish(self.book.reroute({alert_id: (detour, "200 m in 20 s")}, self.now))

    @rule(alert_id=IDS)
    def lose(self, alert_id: str) -> None:
        self.publish(self.book.lose({alert_id: "nothing heard of it"}, self.now))

    @rule(wait_s=st.floats(0.0, 1000.0))
    def wait(self, wait_s: float) -> None:
        self.now += wait_s
        self.publish(self.book.pass_time(self.now))
        known = {case.alert_id for case in self.book.cases}
        # A case that is forgotten begins anew: the detector gives its id to no other for long.
        self.told = {name: case for name, case in self.told.items() if name in known}

    @rule()
    def take_over(self) -> None:
        heir = CaseBook(place_of)
        for case in self.book.cases:
            heir.note(case)
        assert heir.cases == self.book.cases
        other = CaseBook(place_of)
        other.restore(self.book.snapshot())
        assert other.cases == self.book.cases
        self.book = other

    @invariant()
    def every_case_is_possible(self) -> None:
        for case in self.book.cases:
            assert case == self.told[case.alert_id] == replay(case.log, case)
            times = [seconds(event.time) for event in case.log]
            assert times == sorted(times)
            stamps = [getattr(case.stamps, name) for name in case.stamps.__struct_fields__]
            assert case.stamps.t0 == min(stamp for stamp in stamps if stamp)
            assert (case.merged_into is not None) == (case.state == "merged")
            assert (case.dismissed_as is not None) == (case.state == "dismissed")
            assert not case.is_published or case.state in LIVE


TestShift = Shift.TestCase
TestShift.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
