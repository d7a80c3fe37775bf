"""Slow twin of the queue kernels: sets and walks, no arrays."""


def parents(
    successors: dict[int, list[int]], slow: set[int], ratio: dict[int, float]
) -> dict[int, int | None]:
    """Give the slowest slow successor of each slow segment, None for heads."""
    return {
        segment: min(
            (s for s in successors.get(segment, []) if s in slow and s != segment),
            key=lambda s: (ratio[s], s),
            default=None,
        )
        for segment in slow
    }


def cut_rings(parent: dict[int, int | None], ratio: dict[int, float]) -> dict[int, int | None]:
    """Make the slowest segment of every ring of parents a head."""
    parent = dict(parent)
    for start in parent:
        walked: list[int] = []
        at: int | None = start
        while at is not None and at not in walked:
            walked.append(at)
            at = parent[at]
        if at is not None:
            ring = walked[walked.index(at) :]
            parent[min(ring, key=lambda s: (ratio[s], s))] = None
    return parent


def root_and_reach(
    segment: int, parent: dict[int, int | None], length: dict[int, float]
) -> tuple[int, float]:
    """Give the head a segment's queue leads to, and how far upstream of it it starts."""
    reach = length[segment]
    while (ahead := parent[segment]) is not None:
        segment = ahead
        reach += length[segment]
    return segment, reach
