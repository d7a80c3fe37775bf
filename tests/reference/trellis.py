"""The slow twin of settling a trellis: whole paths kept as lists (Viterbi 1967)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trellis:
    """Layers of states; `back[n][k]` is the state of layer n - 1 before state k of layer n.

    `route_back` says the same of the way that goes on from the settled route. `scores` are the
    costs of the newest layer's states, `debts` what they cost more by that route, None where it
    does not reach them.
    """

    back: list[list[int]]
    route_back: list[list[int]]
    scores: list[float]
    debts: list[float | None]

    def ways(self) -> dict[int, list[int]]:
        """Give, for each state of the newest layer, the states that lead to it."""
        return {state: _path(self.back, state) for state in range(len(self.scores))}

    def routes(self) -> dict[int, list[int]]:
        """Give, for each state that the settled route reaches, the states on its way."""
        return {
            state: _path(self.route_back, state)
            for state, debt in enumerate(self.debts)
            if debt is not None
        }

    def converged(self) -> tuple[list[int], list[int]]:
        """Give the states that all ways share, and all routes, from the oldest layer on."""
        ways, routes = list(self.ways().values()), list(self.routes().values())
        count = 0
        for n in range(len(self.back)):
            if len({way[n] for way in ways}) == len({route[n] for route in routes}) == 1:
                count = n + 1
        return ways[0][:count], routes[0][:count]

    def by_lag(self, lag: int) -> tuple[list[int], list[int], set[int]]:
        """Give what is answered when only `lag` layers may stay open, the settled route, and the
        states that it then still reaches.
        """
        ways, routes = self.ways(), self.routes()
        count = max(0, len(self.back) - lag)
        likeliest = min(ways, key=lambda state: (self.scores[state], state))
        by_route = min(routes, key=lambda state: (self.scores[state] + self.debts[state], state))
        decided = routes[by_route][:count]
        reached = {s for s, route in routes.items() if route[:count][-1:] == decided[-1:]}
        return ways[likeliest][:count], decided, reached


def _path(back: list[list[int]], state: int) -> list[int]:
    path = [state]
    for layer in range(len(back) - 1, 0, -1):
        path.insert(0, back[layer][path[0]])
    return path
