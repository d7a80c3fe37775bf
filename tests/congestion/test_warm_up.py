from congestion.kernels import neighbours, ordering, probes, queues, reach, trees
from congestion.warm_up import warm_up
from tests.congestion.queues.test_find import TWO, queues_of
from tests.congestion.states.test_estimator import MORNING, START, estimator, progress

KERNELS = (
    probes.sum_probes, probes.follow_stands, queues.link_standing, queues.cut_rings,
    queues.trace_roots, queues.join_slow, queues.trace_origins, trees.sum_trees,
    ordering.order_by_vehicle, reach.reach_from, neighbours.over_neighbours,
)  # fmt: skip


def test_a_warmed_up_stage_compiles_nothing_more():
    warm_up()
    stage = estimator(bus_stops={"S1": ("b", 100)})
    stage.add_progress(progress(*MORNING))
    stage.close_minute(START)
    queues_of(TWO, {"a": 0.2, "b": 0.2})
    for kernel in KERNELS:
        assert len(getattr(kernel, "signatures", [0])) == 1
