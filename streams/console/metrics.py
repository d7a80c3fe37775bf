"""The metrics that Prometheus scrapes, read from the board at each scrape."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.console.board import Board
from streams.console.health.feed_health import SOURCES
from streams.console.hub import Hub
from streams.console.service_metrics import service_metrics


class BoardCollector(Collector):
    """Reads the board and the hub at each scrape. A class because Prometheus asks for one."""

    def __init__(self, board: Board, hub: Hub) -> None:
        self._board = board
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        """Give every metric family."""
        yield from self._stages()
        yield from self._sources()
        yield from self._network()
        yield from self._console()

    def _stages(self) -> Iterator[Metric]:
        labels = ["stage", "source"]
        rows_in = CounterMetricFamily("clearway_rows_in", "Rows that came in", labels=labels)
        used = CounterMetricFamily("clearway_rows_used", "Rows that were used", labels=labels)
        refused = CounterMetricFamily(
            "clearway_rows_refused", "Rows refused, by reason", labels=[*labels, "reason"]
        )
        repeats = CounterMetricFamily("clearway_repeats", "Frames read twice", labels=labels)
        holes = CounterMetricFamily("clearway_holes", "Messages that never came", labels=labels)
        remade = CounterMetricFamily(
            "clearway_topics_remade", "Partitions found deleted and made again", labels=labels
        )
        late = CounterMetricFamily(
            "clearway_rows_late", "Rows, of progress pieces, too late for their minute",
            labels=labels,
        )  # fmt: skip
        set_aside = CounterMetricFamily(
            "clearway_values_set_aside", "Values that said none or could not be, by field",
            labels=[*labels, "field"],
        )  # fmt: skip
        clocks = GaugeMetricFamily(
            "clearway_camera_clock_off_seconds", "How far a camera clock that is off is ahead",
            labels=["camera"],
        )  # fmt: skip
        watermark = GaugeMetricFamily(
            "clearway_watermark_seconds", "Event time promised, s since 1970 UTC",
            labels=[*labels, "partition"],
        )  # fmt: skip
        totals: dict[tuple[str, str], Counter[str]] = {}
        reasons: dict[tuple[str, str], Counter[str]] = {}
        left_out: dict[tuple[str, str], Counter[str]] = {}
        for (stage, partition, source), counts in self._board.feed.counts.items():
            if not source:
                continue  # a worker's sign of life, which counts no rows
            total = totals.setdefault((stage, source), Counter())
            total.update(
                rows_in=counts.rows_in, rows_used=counts.rows_used,
                repeats=counts.repeats, holes=counts.holes, remade=counts.remade,
                late=counts.late,
            )  # fmt: skip
            reasons.setdefault((stage, source), Counter()).update(counts.refused)
            left_out.setdefault((stage, source), Counter()).update(counts.set_aside)
            for camera, offset_s in counts.clocks_off.items():
                clocks.add_metric([camera], offset_s)
            if counts.watermark is not None:
                watermark.add_metric([stage, source, str(partition)], counts.watermark)
        for key, total in sorted(totals.items()):
            rows_in.add_metric(key, total["rows_in"])
            used.add_metric(key, total["rows_used"])
            repeats.add_metric(key, total["repeats"])
            holes.add_metric(key, total["holes"])
            remade.add_metric(key, total["remade"])
            late.add_metric(key, total["late"])
            for reason, number in sorted(reasons[key].items()):
                refused.add_metric([*key, reason], number)
            for field, number in sorted(left_out[key].items()):
                set_aside.add_metric([*key, field], number)
        yield from (rows_in, used, refused, set_aside, repeats, holes, remade, late)
        yield from (clocks, watermark)

    def _sources(self) -> Iterator[Metric]:
        """Give what is not believed of the sources, and what they lose by their times."""
        feed = self._board.feed
        excluded = GaugeMetricFamily(
            "clearway_detectors_excluded", "Detectors not believed at present", labels=["fault"]
        )
        faults = Counter(feed.excluded_detectors.values())
        for fault, number in sorted(faults.items()):
            excluded.add_metric([fault], number)
        withdrawn = GaugeMetricFamily(
            "clearway_detector_tests_withdrawn",
            "Detectors that a test accused at once when it withdrew", labels=["test"],
        )  # fmt: skip
        for test, number in sorted(feed.withdrawn_tests.items()):
            withdrawn.add_metric([test], number)
        gateways = GaugeMetricFamily(
            "clearway_gateway_clock_off_seconds",
            "How far a gateway that is not believed is ahead of the others",
            labels=["source", "partition"],
        )  # fmt: skip
        for (source, partition), off_s in sorted(feed.gateways_off.items()):
            gateways.add_metric([source, str(partition)], off_s)
        untimely = GaugeMetricFamily(
            "clearway_rows_untimely_share",
            "Share of the newest rows that were late, out of order or of a wrong clock",
            labels=["source"],
        )  # fmt: skip
        for tile in SOURCES:
            untimely.add_metric([tile.name], feed.untimely.of(tile.name).share)
        yield from (excluded, withdrawn, gateways, untimely)

    def _network(self) -> Iterator[Metric]:
        health = self._board.health()
        if health.event_time is not None:
            yield GaugeMetricFamily(
                "clearway_event_time_seconds", "Event time, s since 1970 UTC",
                value=health.event_time,
            )  # fmt: skip
        levels = GaugeMetricFamily("clearway_segments", "Segments at a level", labels=["level"])
        if health.summary is not None:
            for level, number in enumerate(health.summary.level_counts):
                levels.add_metric([str(level)], number)
            if health.summary.speed_kmh is not None:
                yield GaugeMetricFamily(
                    "clearway_network_speed_kmh", "Space-mean speed of the network",
                    value=health.summary.speed_kmh,
                )  # fmt: skip
        yield levels
        yield from self._indices()
        alerts = GaugeMetricFamily(
            "clearway_alerts", "Alerts by their latest version", labels=["kind", "state"]
        )
        by_state = Counter((alert.kind, alert.state) for alert in self._board.alerts())
        for key, number in sorted(by_state.items()):
            alerts.add_metric(key, number)
        yield alerts
        yield from self._alarms()
        yield from service_metrics(self._board.service_report())

    def _alarms(self) -> Iterator[Metric]:
        """Give the load of alarms on one operator, by ISA-18.2."""
        load = self._board.alarm_load()
        if load is None:
            return
        gauges: tuple[tuple[str, str, float | None], ...] = (
            ("per_hour", "Alarms an hour of the last day", load.alarms_per_operator_hour),
            ("most_in_ten_minutes", "Most alarms in ten minutes", load.most_in_ten_minutes),
            ("flood_share", "Share of ten minutes with more than ten alarms", load.flood_share),
            ("top_sources_share", "Share of the ten most frequent places", load.top_sources_share),
            ("returned", "Alarms about what had been cleared", load.returned_count),
            ("chattering", "Places with three alarms in ten minutes", len(load.chattering)),
            ("flapping", "Alerts whose severity went and came back", len(load.flapping)),
            ("stale", "Alarms that stand for a day, or all of a shorter time", len(load.standing)),
            ("standing", "Alarms that stand", load.standing_at_end),
        )
        for name, text, value in gauges:
            if value is not None:
                yield GaugeMetricFamily(f"clearway_alarms_{name}", text, value=value)
        if load.shares_by_severity is not None:
            shares = GaugeMetricFamily(
                "clearway_alarms_severity_share", "Share of alarms by gravest severity",
                labels=["grade"],
            )  # fmt: skip
            for grade, share in load.shares_by_severity.items():
                shares.add_metric([grade], share)
            yield shares

    def _indices(self) -> Iterator[Metric]:
        tti = GaugeMetricFamily(
            "clearway_travel_time_index", "Time needed over time needed when free", labels=["area"]
        )
        tpi = GaugeMetricFamily(
            "clearway_performance_index", "Traffic performance index, 0 free to 10 blocked",
            labels=["area", "form"],
        )  # fmt: skip
        for area in self._board.segments.indices():
            if area.tti is None or area.tpi_mileage is None or area.tpi_travel_time is None:
                continue
            tti.add_metric([area.area], area.tti)
            tpi.add_metric([area.area, "mileage"], area.tpi_mileage)
            tpi.add_metric([area.area, "travel_time"], area.tpi_travel_time)
        yield from (tti, tpi)

    def _console(self) -> Iterator[Metric]:
        board, hub = self._board, self._hub
        gauges = (
            ("clearway_broker_up", "1 while the broker answers", float(board.is_connected)),
            ("clearway_console_pages", "Pages connected", float(hub.client_count)),
        )
        for name, text, value in gauges:
            yield GaugeMetricFamily(name, text, value=value)
        counters = (
            ("clearway_console_pages_dropped", "Pages that fell behind", hub.dropped_count),
            ("clearway_console_bad_messages", "Messages not read", board.bad_message_count),
            (
                "clearway_console_unknown_segments",
                "States of segments the network has not",
                board.segments.unknown_segment_count,
            ),
        )
        for name, text, number in counters:
            yield CounterMetricFamily(name, text, value=number)


def registry_of(board: Board, hub: Hub) -> CollectorRegistry:
    """Give a registry that holds the board's metrics and nothing of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BoardCollector(board, hub))
    return registry
