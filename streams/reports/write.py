"""A report's files: a page, JSON, CSV and maps' files; each appears whole or not at all."""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from congestion.reports.made import Made
from congestion.reports.queue_tables import bottlenecks_table
from congestion.reports.records import Bottleneck, Report, Table
from incidents.place_words import PlaceNames
from mapmatch.network import Network
from streams.reports.geo import write_geo
from streams.reports.page import Page, rendered
from streams.reports.pages.before_after import before_after_page
from streams.reports.pages.bottlenecks import bottlenecks_page
from streams.reports.pages.corridor import corridor_page
from streams.reports.pages.coverage import coverage_page
from streams.reports.pages.daily import daily_page
from streams.reports.pages.detectors import detectors_page
from streams.reports.pages.incident import incident_page
from streams.reports.pages.service import service_page
from streams.reports.pages.weekly import weekly_page
from streams.reports.words import Words

PAGES: dict[str, Callable[[Made, Words], Page]] = {
    "daily": daily_page,
    "weekly": weekly_page,
    "bottlenecks": bottlenecks_page,
    "corridor": corridor_page,
    "before-after": before_after_page,
    "coverage": coverage_page,
    "detectors": detectors_page,
    "incident": incident_page,
    "service": service_page,
}


def write_report(made: Made, out: Path, language: str) -> list[Path]:
    """Write the report's files into a folder and give them, the page first."""
    out.mkdir(parents=True, exist_ok=True)
    made = made._replace(report=with_places(made.report, made.opened.network))
    words = Words(language)
    page = rendered(PAGES[made.report.kind](made, words), words)
    files = {"report.html": page.encode(), "report.json": report_json(made.report)}
    files |= {f"{table.name}.csv": table_csv(table) for table in made.report.tables}
    for name, content in files.items():
        _write_whole(out / name, content)
    return [*(out / name for name in files), *write_geo(made, out)]


def report_json(report: Report) -> bytes:
    """Give the report as a program reads it."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def table_csv(table: Table) -> bytes:
    """Give a table as CSV (RFC 4180), in UTF-8 with the mark that spreadsheets look for."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in table.columns])
    writer.writerows(["" if v is None else v for v in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def with_places(report: Report, network: Network) -> Report:
    """Give the report with its bottlenecks' places in words."""
    names = PlaceNames(network)

    def placed(bottleneck: Bottleneck) -> Bottleneck:
        segment = network.index_of(bottleneck.segment_id)
        if segment is None:
            return bottleneck
        text = names.words(segment, float(network.length_m[segment])).text
        return msgspec.structs.replace(bottleneck, place_en=text.en, place_zh=text.zh)

    bottlenecks = [placed(bottleneck) for bottleneck in report.bottlenecks]
    tables = [
        bottlenecks_table(bottlenecks) if table.name == "bottlenecks" else table
        for table in report.tables
    ]
    return msgspec.structs.replace(report, bottlenecks=bottlenecks, tables=tables)


def _write_whole(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    os.replace(half, path)
