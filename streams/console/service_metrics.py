"""The numbers of the service for Prometheus: of the whole city, and of each unit."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from incidents.cases.service import ServiceNumbers, ServiceReport

WHOLE = ""
"""The label of the whole city."""


def service_metrics(report: ServiceReport | None) -> Iterator[Metric]:
    """Give them; what is None has no sample."""
    if report is None:
        return
    groups = {WHOLE: report.whole, **report.by_unit}
    gauges = (
        ("cases", "Cases, without those merged and tests", "case_count"),
        ("cases_open", "Cases that somebody still works on", "open_count"),
        ("handled_in_time_share", "Of cases handled or late, those in time",
         "handled_in_time_share"),
        ("closed_share", "Of all cases, those closed or dismissed", "closed_share"),
        ("precision", "Of what the detector found, confirmed and not false", "precision"),
        ("secondary_share", "Of incidents, those in the queue of another", "secondary_share"),
    )  # fmt: skip
    for name, text, field in gauges:
        family = GaugeMetricFamily(f"clearway_service_{name}", text, labels=["unit"])
        for unit, numbers in groups.items():
            value = getattr(numbers, field)
            if value is not None:
                family.add_metric([unit], value)
        yield family
    yield _spans(groups)


def _spans(groups: dict[str, ServiceNumbers]) -> Metric:
    family = GaugeMetricFamily(
        "clearway_service_span_seconds", "Median of a span of the incident clock",
        labels=["unit", "span"],
    )  # fmt: skip
    for unit, numbers in groups.items():
        for name, span in numbers.spans.items():
            if span.median_s is not None:
                family.add_metric([unit, name], span.median_s)
    return family
