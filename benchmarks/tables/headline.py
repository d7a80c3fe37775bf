"""The headline table: each figure where settings and models were made, and where they were not.

`seen` are the four recordings of shanghai-core. `left out` are the same recordings, each read by a
speed model that did not learn from it, its incidents with settings chosen on the other three. In
the column of other districts no recording of the district was learnt from: for speeds every
district of Shanghai in turn, for the rest, whose settings were chosen on shanghai-core, the others.
"""

from benchmarks.tables.results import MissingFigureError, Results, Row, figure, mean

WHAT, SEEN, LEFT_OUT, BASELINE = "what", "seen", "left out", "baseline"
OTHER, OTHER_BASELINE = "another district of Shanghai", "baseline there"


def headline(results: Results) -> list[Row]:
    """Give the rows. Raises MissingFigureError where a result lacks a figure."""
    return [*_speeds(results), *_queues(results), *_incidents(results), *_matching(results)]


def _seen_feeds(results: Results) -> set[str]:
    return {row["feed"] for row in results.rows("states", way="clearway")}


def _left_out(results: Results) -> list[Row]:
    """Give the recordings of shanghai-core, each without itself."""
    seen = _seen_feeds(results)
    return [r for r in results.rows("left_out", left_out="recording") if r["feed"] in seen]


def _others(results: Results) -> list[Row]:
    """Give the recordings of the other districts, each without its district."""
    seen = _seen_feeds(results)
    return [r for r in results.rows("left_out", left_out="district") if r["feed"] not in seen]


def _row(
    what: str, seen: str, left_out: str, baseline: str, other: str = "-", there: str = "-"
) -> Row:
    return {
        WHAT: what, SEEN: seen, LEFT_OUT: left_out, BASELINE: baseline, OTHER: other,
        OTHER_BASELINE: there,
    }  # fmt: skip


def _speeds(results: Results) -> list[Row]:
    ours = results.rows("states", way="clearway")
    probes = results.rows("states", way="probes alone")
    both = results.rows("states", way="plain average of both")
    alone, districts = _left_out(results), results.rows("left_out", left_out="district")

    def errors(by_probes: list[Row], by_both: list[Row], keys: tuple[str, str, str, str]) -> str:
        error, coverage, average, average_coverage = keys
        return (
            f"{mean(by_probes, error):.1f} by probes alone in {mean(by_probes, coverage):.0%} of "
            f"minutes, {mean(by_both, average):.1f} by the mean of probes and detectors in "
            f"{mean(by_both, average_coverage):.0%}"
        )

    here = errors(probes, both, ("error_all_kmh", "coverage", "error_all_kmh", "coverage"))
    there = errors(
        districts, districts,
        ("probes_error_kmh", "probes_coverage", "average_error_kmh", "average_coverage"),
    )  # fmt: skip
    found, right = "recall_under_15_at_20", "precision_at_20"
    return [
        _row(
            "speed of a segment in a minute, mean error, km/h",
            f"{mean(ours, 'error_all_kmh'):.1f}", f"{mean(alone, 'error_all_kmh'):.1f}", here,
            f"{mean(districts, 'error_all_kmh'):.1f}", there,
        ),
        _row(
            "jams under 15 km/h that are found",
            f"{mean(ours, found):.0%}", f"{mean(alone, found):.0%}",
            f"{mean(probes, found):.0%}, probes alone",
            f"{mean(districts, found):.0%}", f"{mean(districts, 'probes_recall'):.0%}",
        ),
        _row(
            "of the speeds published under 20 km/h, truly so",
            f"{mean(ours, right):.0%}", f"{mean(alone, right):.0%}",
            f"{mean(probes, right):.0%}, probes alone",
            f"{mean(districts, right):.0%}", f"{mean(districts, 'probes_precision'):.0%}",
        ),
    ]  # fmt: skip


def _queues(results: Results) -> list[Row]:
    ours, plain = (
        results.rows("queues", way="clearway"), results.rows("queues", way="level 3 and more")
    )  # fmt: skip
    alone, others = _left_out(results), _others(results)
    return [
        _row(
            "roots of queues that are right",
            f"{mean(ours, 'root_right'):.0%}", f"{mean(alone, 'root_right'):.0%}",
            f"{mean(plain, 'root_right'):.0%}, segments of level 3 and more that touch",
            f"{mean(others, 'root_right'):.0%}", f"{mean(others, 'level_3_root_right'):.0%}",
        )
    ]  # fmt: skip


def _incidents(results: Results) -> list[Row]:
    (seen,) = results.rows("incidents", "total", settings="shipped")
    (alone,) = results.rows("left_out", "total")
    others = _others(results)
    found, of, alarms, chance = (
        sum(figure(row, key) for row in others)
        for key in ("found", "incidents", "alarms", "found_by_chance")
    )

    def share(row: Row, of_what: str, all_of_it: str) -> str:
        return f"{figure(row, of_what)} of {figure(row, all_of_it)}"

    return [
        _row(
            "incidents visible in the flow that are found",
            share(seen, "visible_found", "visible"), share(alone, "visible_found", "visible"),
            f"{figure(seen, 'visible_by_chance'):.1f} found by the same number of alarms at random",
        ),
        _row(
            "all incidents that are found",
            share(seen, "found", "incidents"), share(alone, "found", "incidents"),
            f"{figure(seen, 'found_by_chance'):.1f} found by the same number of alarms at random",
            f"{found} of {of}", f"{chance:.1f}",
        ),
        _row(
            "alarms that are right",
            f"{figure(seen, 'precision'):.0%}", f"{figure(alone, 'precision'):.0%}",
            f"{figure(seen, 'precision_by_chance'):.0%} of alarms at random",
            f"{found / alarms:.0%}", f"{chance / alarms:.0%}",
        ),
        _row(
            "false alarms an hour",
            f"{figure(seen, 'false_alarms_per_hour'):.1f}",
            f"{figure(alone, 'false_alarms_per_hour'):.1f}", "-",
            f"{mean(others, 'false_alarms_per_hour'):.1f}",
        ),
    ]  # fmt: skip


def _matching(results: Results) -> list[Row]:
    """Nothing is learnt in matching: a recording left out is like any other."""
    seen = _seen_feeds(results)
    chains = [row for row in results.rows("chain") if row["feed"] in seen]
    (beijing,) = results.rows("matching", "peers", tool="clearway", set="bj_a10_10s")
    return [
        _row(
            "fixes on the exact segment",
            f"{mean(chains, 'exact'):.1%}", "-", _best_peer(results, "shanghai-core-quiet"),
            f"{mean(_others(results), 'exact'):.1%}",
        ),
        _row(
            "the same in Beijing, every 10 s, noise of 10 m",
            f"{figure(beijing, 'exact'):.1%}", "-", _best_peer(results, "bj_a10_10s"),
        ),
    ]  # fmt: skip


def _best_peer(results: Results, of: str) -> str:
    peers = [r for r in results.rows("matching", "peers", set=of) if r["tool"] != "clearway"]
    if not peers:
        raise MissingFigureError(f"matching.json has no peers on {of}")
    best = max(peers, key=lambda row: float(figure(row, "exact")))
    return f"{best['exact']:.1%}, {best['tool']}"
