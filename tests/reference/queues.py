"""Slow twin of the queue kernels: sets and walks, no arrays."""

Ratios = dict[int, float]
Ways = dict[int, list[int]]


def parents(
    successors: Ways, ratio: Ratios, full: set[int], standing: float
) -> dict[int, int | None]:
    """Give the slowest standing, full successor of each standing segment, None for heads."""
    stands = {s for s, r in ratio.items() if r < standing}
    return {
        segment: min(
            (s for s in successors.get(segment, []) if s in stands & full and s != segment),
            key=lambda s: (ratio[s], s),
            default=None,
        )
        for segment in stands
    }


def cut_rings(parent: dict[int, int | None], ratio: Ratios) -> dict[int, int | None]:
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


def grown(
    parent: dict[int, int | None], successors: Ways, ratio: Ratios, full: set[int], slow: float
) -> dict[int, int | None]:
    """Let slow segments join the slowest full member ahead of them, all of a round at once."""
    parent = dict(parent)
    while True:
        joining = {}
        for segment in ratio:
            ahead = [s for s in successors.get(segment, []) if s in parent and s in full]
            if segment not in parent and ratio[segment] < slow and ahead:
                joining[segment] = min(ahead, key=lambda s: (ratio[s], s))
        if not joining:
            return parent
        parent |= joining


def root_and_reach(
    segment: int, parent: dict[int, int | None], length: dict[int, float]
) -> tuple[int, float]:
    """Give the head a segment's queue leads to, and how far upstream of it it starts."""
    reach = length[segment]
    while (ahead := parent[segment]) is not None:
        segment = ahead
        reach += length[segment]
    return segment, reach


def origin(
    segment: int,
    parent: dict[int, int | None],
    since: dict[int, float],
    length: dict[int, float],
    wave_mps: float,
    tolerance_s: float,
) -> int:
    """Give the segment from which one's queue came, no faster than a wave travels."""
    ahead = parent[segment]
    if ahead is None or since[segment] - since[ahead] + tolerance_s < length[ahead] / wave_mps:
        return segment
    return origin(ahead, parent, since, length, wave_mps, tolerance_s)
