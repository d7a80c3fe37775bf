"""The slow twin of settling a trellis: whole paths kept as lists (Viterbi 1967)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trellis:
    """Layers of states; `back[n][k]` is the state of layer n - 1 before state k of layer n.

    `scores` are the costs of the newest layer's states, None where one is dead.
    """

    back: list[list[int]]
    scores: list[float | None]

    def paths(self) -> dict[int, list[int]]:
        """Give, for each living state of the newest layer, the states that lead to it."""
        paths = {}
        for state, score in enumerate(self.scores):
            if score is None:
                continue
            path = [state]
            for layer in range(len(self.back) - 1, 0, -1):
                path.insert(0, self.back[layer][path[0]])
            paths[state] = path
        return paths

    def converged(self) -> list[int]:
        """Give the states that all living paths share, from the oldest layer on."""
        paths = list(self.paths().values())
        count = 0
        for n in range(len(self.back)):
            if len({path[n] for path in paths}) == 1:
                count = n + 1
        return paths[0][:count]

    def by_lag(self, lag: int) -> tuple[list[int], set[int]]:
        """Give the states decided when only `lag` layers may stay open, and who lives on."""
        paths = self.paths()
        best = min(paths, key=lambda s: (self.scores[s], s))
        decided = paths[best][: max(0, len(self.back) - lag)]
        alive = {s for s, path in paths.items() if path[: len(decided)][-1:] == decided[-1:]}
        return decided, alive
