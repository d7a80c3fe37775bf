"""The slow twin of mapmatch.kernels.drive and pending: a vehicle on its route as on one long line.

The route is laid out whole, each fix is given its place along it, and whatever lies between two
fixes follows: when nodes were passed, what was driven on each segment, which traversals ended.
"""

from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import hypot, isnan

from mapmatch.network import Network
from tests.reference.candidates import nearest_place
from tests.reference.noise import Seen
from tests.reference.routes import routes_from
from tests.reference.waits import passing_shares

LOOP_M = 60.0
"""Further back on one segment than this is a loop driven, less is noise."""
WHOLE_M = 1.0
"""A traversal that enters no further in than this is of the whole segment."""
RADIUS_M = 80.0
"""A place further from its fix than this is no answer (max_radius_m)."""
SPEEDING = 1.3
"""Times the free speed that a vehicle drives at most (speeding)."""
AGAIN_S = 45.0
"""How much longer a repeated fix waits that may be a stand."""
APART_M = 30.0
"""What two fixes at one place may be apart (layer_m)."""


@dataclass(frozen=True)
class Place:
    """A place on a segment."""

    segment: int
    offset: float


@dataclass(frozen=True)
class Fix:
    """A fix not answered yet.

    Of a layer: `route` is where the settled route passes, None where that takes the fix for an
    outlier; `answer` is the likeliest segment, None where that is taken for an outlier too;
    `is_break` says that no route leads there. `is_decided` is false while all that is open.
    """

    kind: str  # "layer", "near", "off_road" or "repeated"
    time: float
    x: float
    y: float
    speed_mps: float
    route: Place | None = None
    answer: int | None = None
    is_break: bool = False
    is_decided: bool = True

    @property
    def may_stand(self) -> bool:
        """Say whether it is the place of the fix before, of a vehicle that gives no speed."""
        return self.kind == "repeated" and isnan(self.speed_mps)

    @property
    def is_off(self) -> bool:
        """Say whether it is off the roads if the route does not pass it."""
        return self.kind != "near" and not self.may_stand


@dataclass(frozen=True)
class Matched:
    """An answered fix: a place, or why there is none."""

    time: float
    segment: int | None
    offset: float
    x: float
    y: float
    reason: str | None


@dataclass(frozen=True)
class Piece:
    """A part of a segment driven, or stood on, between two times."""

    segment: int
    enter: float
    leave: float
    from_m: float
    to_m: float


@dataclass(frozen=True)
class Traversal:
    """A segment crossed."""

    segment: int
    enter: float
    leave: float
    from_m: float
    to_m: float
    is_complete: bool


@dataclass
class Vehicle:
    """Where a vehicle is on its settled route, and what came of its fixes so far."""

    network: Network
    place: Place | None  # None: no route yet
    time: float
    speed_mps: float
    entered: tuple[float, float]  # the traversal under way: time, offset
    last_fix: tuple[float, float]  # the last that was on the route by a layer of its own
    beside: int | None  # that fix's answer, None where it is on the route
    matched: list[Matched] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    traversals: list[Traversal] = field(default_factory=list)
    breaks: list[tuple[float, float]] = field(default_factory=list)  # known until, begins again
    seen: list[Seen] = field(default_factory=list)  # what its noise is known by
    off: list[float] = field(default_factory=list)  # times of answered fixes off the road since

    def answer_decided(self, fixes: list[Fix], hold_before: float, bridge_s: float) -> int:
        """Answer the fixes that are decided, oldest first; give how many."""
        done = 0
        while done < len(fixes):
            goal = _next_goal(fixes, done)
            if goal is not None:
                self._drive_to(fixes[done : goal + 1], bridge_s)
                done = goal + 1
            elif self._wait_is_over(fixes[done:], hold_before, bridge_s):
                done += 1
            else:
                break
        return done

    def _wait_is_over(self, fixes: list[Fix], hold_before: float, bridge_s: float) -> bool:
        """Answer the first of some fixes if it has waited long enough; no decided layer follows."""
        fix = fixes[0]
        if fix.may_stand and any(later.kind == "layer" for later in fixes if not later.is_decided):
            return False
        if fix.kind == "near" or fix.may_stand:
            if fix.time >= hold_before - (AGAIN_S if fix.may_stand else 0.0):
                return False
            if self.place is not None:
                self._drive([self.place.segment], 0, 0.0, 0.0, fix)
            self._answer(fix, self.beside)
            return True
        is_open = fix.kind == "layer" and not fix.is_decided
        if is_open or (self.place is not None and fix.time >= hold_before - bridge_s):
            return False
        if self.place is not None and fix.is_off:
            self.off.append(fix.time)
        self._refuse(fix)
        return True

    def _drive_to(self, fixes: list[Fix], bridge_s: float) -> None:
        """Answer fixes of which the last is where the settled route goes next."""
        goal = fixes[-1]
        assert goal.route is not None
        since, beside = self.time, self._beside(goal, goal.route.segment)
        route = None if goal.is_break else self._route_to(goal.route)
        if route is not None and self._was_elsewhere(route, fixes, bridge_s):
            route = None
        if route is None:
            for fix in fixes[:-1]:
                if fix.kind == "near" or fix.may_stand:
                    is_later = fix.time - since > goal.time - fix.time
                    self._answer(fix, beside if is_later else self.beside)
                else:
                    self._refuse(fix)
            self._begin_at(goal)
        else:
            self._follow(route, fixes, bridge_s, beside)
        answer = goal.route.segment if beside is None else beside
        across, along = _across(self.network, answer, goal.x, goal.y)
        self.seen.append(Seen(across, along, goal.time - since, is_first=route is None))
        self.last_fix, self.beside = (goal.x, goal.y), beside
        self._answer(goal, beside)

    def _route_to(self, goal: Place) -> list[int] | None:
        """Give the segments to the goal, from the one at hand on; None where there is no route."""
        if self.place is None:
            return None
        here = self.place
        if here.segment == goal.segment and goal.offset >= here.offset - LOOP_M:
            return [here.segment]
        route = routes_from(self.network, here.segment).get(goal.segment)
        return None if route is None else [here.segment, *route.segments, goal.segment]

    def _was_elsewhere(self, route: list[int], fixes: list[Fix], bridge_s: float) -> bool:
        """Say whether the vehicle was off the roads on the way to the last of the fixes.

        So say fixes off the road over some time, unless the route needs that time too.
        """
        goal = fixes[-1]
        assert goal.route is not None and self.place is not None
        since, off = self.time, list(self.off)
        for fix in fixes[:-1]:
            if fix.kind == "near":
                since, off = fix.time, []
            elif fix.is_off:
                off.append(fix.time)
        if goal.time - since <= bridge_s or not off or off[-1] <= off[0]:
            return False
        rest, seconds, at = self._metres(route, goal.route), 0.0, self.place.offset
        for segment in route[:-1]:
            piece = min(rest, float(self.network.length_m[segment]) - at)
            seconds += piece / float(self.network.free_speed_mps[segment])
            rest, at = rest - piece, 0.0
        seconds += rest / float(self.network.free_speed_mps[route[-1]])
        return seconds / SPEEDING < goal.time - since - (off[-1] - off[0])

    def _metres(self, route: list[int], goal: Place) -> float:
        """Give the metres of a route from the place at hand to a goal."""
        assert self.place is not None
        lengths = [float(self.network.length_m[s]) for s in route[:-1]]
        return max(0.0, sum(lengths) + goal.offset - self.place.offset)

    def _may_have_stood(self, route: list[int], fixes: list[Fix]) -> bool:
        """Say whether all the way can have been driven after the last repeated fix."""
        goal = fixes[-1]
        assert goal.route is not None
        last = max([self.time, *(fix.time for fix in fixes[:-1] if fix.kind == "repeated")])
        fastest = max(float(self.network.free_speed_mps[s]) for s in (route[0], route[-1]))
        most = SPEEDING * fastest * (goal.time - last) + APART_M
        return self._metres(route, goal.route) <= most

    def _follow(
        self, route: list[int], fixes: list[Fix], bridge_s: float, beside: int | None
    ) -> None:
        """Drive a route to its end, where the last of the fixes is, and answer those before it."""
        goal = fixes[-1]
        assert goal.route is not None and self.place is not None
        since, last_beside, last_fix = self.time, self.beside, self.last_fix
        start = self.place.offset
        total = self._metres(route, goal.route)
        has_stood = self._may_have_stood(route, fixes)
        driven, number = 0.0, 0
        for fix in fixes[:-1]:
            is_near = fix.kind == "near" or (fix.may_stand and has_stood)
            if is_near:
                share = _projected(fix, last_fix, goal)
            elif goal.time - since <= bridge_s:
                share = (fix.time - since) / max(goal.time - since, 0.001)
            else:
                self._refuse(fix)
                continue
            upto = max(driven, min(share, 1.0) * total)
            number = self._drive(route, number, start + driven, start + upto, fix)
            driven = upto
            if is_near:
                is_later = fix.time - since > goal.time - fix.time
                self._answer(fix, beside if is_later else last_beside)
            else:
                self._answer(fix, self._beside(fix, route[number]))
        number = self._drive(route, number, start + driven, start + total, goal)
        for segment in route[number:-1]:  # the way ends where the last segment begins
            self._leave(segment, goal.time)
        offset = goal.route.offset
        self.place = Place(route[-1], max(offset, start) if len(route) == 1 else offset)

    def _drive(self, route: list[int], number: int, begin: float, end: float, fix: Fix) -> int:
        """Drive from `begin` to `end` metres along a route till the time of a fix there.

        `number` is the route's segment it is on; gives that at the end. Nodes lie where segments
        end; one at the very end of the way is not passed yet.
        """
        assert self.place is not None
        segments, stops = route[number:], []
        for at in _ends(self.network, route)[number:]:
            if not (at < end or begin == at == end):
                break
            stops.append(at)
        segments, stops = segments[: len(stops) + 1], [*stops, end]
        speeds = [float(self.network.free_speed_mps[s]) for s in segments]
        signals = [bool(self.network.node_has_signal[self.network.to_node[s]]) for s in segments]
        metres = [stop - start for start, stop in pairwise([begin, *stops])]
        pieces = [(m / v, is_lit) for m, v, is_lit in zip(metres, speeds, signals, strict=True)]
        seconds = fix.time - self.time
        shares = passing_shares(seconds, pieces, self.speed_mps, fix.speed_mps)
        entered, offset = self.time, self.place.offset
        for segment, share in zip(segments, shares, strict=False):
            left, length = self.time + share * seconds, float(self.network.length_m[segment])
            self.pieces.append(Piece(segment, entered, left, offset, length))
            self._leave(segment, left)
            entered, offset = left, 0.0
        self.place = Place(segments[-1], offset + metres[-1])
        self.pieces.append(Piece(segments[-1], entered, fix.time, offset, self.place.offset))
        self.time, self.speed_mps = fix.time, fix.speed_mps
        self.off = []
        return number + len(segments) - 1

    def _leave(self, segment: int, time: float) -> None:
        entered, from_m = self.entered
        length = float(self.network.length_m[segment])
        self.traversals.append(Traversal(segment, entered, time, from_m, length, from_m < WHOLE_M))
        self.entered = (time, 0.0)

    def _begin_at(self, goal: Fix) -> None:
        """Begin a route at a fix that none leads to; what was under way stays incomplete."""
        assert goal.route is not None
        if self.place is not None:
            entered, from_m = self.entered
            self.traversals.append(
                Traversal(self.place.segment, entered, self.time, from_m, self.place.offset, False)
            )
            self.breaks.append((self.time, goal.time))
        self.place, self.time, self.speed_mps = goal.route, goal.time, goal.speed_mps
        self.entered = (goal.time, goal.route.offset)
        self.off = []

    def _beside(self, fix: Fix, segment: int) -> int | None:
        """Give the segment a fix is answered with where that is not the route's."""
        return None if fix.answer in (None, segment) else fix.answer

    def _answer(self, fix: Fix, beside: int | None) -> None:
        if beside is not None:
            _, offset = nearest_place(self.network, beside, fix.x, fix.y)
            self._match(fix, Place(beside, offset))
        elif self.place is not None:
            self._match(fix, self.place)
        else:
            self.matched.append(Matched(fix.time, None, 0.0, fix.x, fix.y, "no_road_near"))

    def _match(self, fix: Fix, at: Place) -> None:
        x, y = place_of(self.network, at)
        if hypot(x - fix.x, y - fix.y) > RADIUS_M:
            self._refuse(fix)
            return
        self.matched.append(Matched(fix.time, at.segment, at.offset, x, y, None))

    def _refuse(self, fix: Fix) -> None:
        reason = {"off_road": "no_road_near", "repeated": "repeated"}.get(fix.kind, "outlier")
        self.matched.append(Matched(fix.time, None, 0.0, fix.x, fix.y, reason))


def _next_goal(fixes: list[Fix], first: int) -> int | None:
    """Give the next layer that the settled route passes, None where the next is still open."""
    for n in range(first, len(fixes)):
        if fixes[n].kind == "layer" and not fixes[n].is_decided:
            return None
        if fixes[n].kind == "layer" and fixes[n].route is not None:
            return n
    return None


def _ends(network: Network, route: list[int]) -> list[float]:
    """Give where each segment of a route but the last ends, metres from the first one's start."""
    return list(accumulate(float(network.length_m[s]) for s in route[:-1]))


def _projected(fix: Fix, start: tuple[float, float], goal: Fix) -> float:
    """Give how far from the start to the goal a fix stands, as a share; may lie outside 0..1."""
    gx, gy = goal.x - start[0], goal.y - start[1]
    square = gx**2 + gy**2
    return ((fix.x - start[0]) * gx + (fix.y - start[1]) * gy) / square if square else 0.0


def place_of(network: Network, at: Place) -> tuple[float, float]:
    """Give x and y of a place, metres."""
    pieces = range(network.vertex_offsets[at.segment], network.vertex_offsets[at.segment + 1] - 1)
    piece = next((v for v in pieces if at.offset <= network.vertex_distance_m[v + 1]), pieces[-1])
    start, stop = network.vertex_distance_m[piece : piece + 2]
    share = min(max((at.offset - start) / (stop - start), 0.0), 1.0)
    (ax, bx), (ay, by) = network.vertex_x[piece : piece + 2], network.vertex_y[piece : piece + 2]
    return float(ax + share * (bx - ax)), float(ay + share * (by - ay))


def _across(
    network: Network, segment: int, x: float, y: float
) -> tuple[float, tuple[float, float]]:
    """Give a place's signed distance to the left of a segment of one piece, and its direction."""
    first = network.vertex_offsets[segment]
    assert network.vertex_offsets[segment + 1] - first == 2
    sx = float(network.vertex_x[first + 1] - network.vertex_x[first])
    sy = float(network.vertex_y[first + 1] - network.vertex_y[first])
    dx, dy = x - float(network.vertex_x[first]), y - float(network.vertex_y[first])
    length = hypot(sx, sy)
    return (sx * dy - sy * dx) / length, (sx / length, sy / length)
