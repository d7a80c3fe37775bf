"""A report's files: a page, JSON, CSV and maps' files, all of them or none."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from congestion.reports.made import Made
from congestion.reports.queues.queue_tables import bottlenecks_table
from congestion.reports.records import Bottleneck, Report, Table
from incidents.place_words import PlaceNames
from mapmatch.network import Network
from streams.lake.segment_layer import SEGMENTS_FILE
from streams.reports.geo import PACKAGE_FILE, write_geo
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
from streams.reports.printing import PDF_FILE, printed
from streams.reports.words import Words
from streams.whole_folder import check_folder, whole_folder

PAGE_FILE = "report.html"
REPORT_FILE = "report.json"
"""The numbers, written last: a folder with it holds a whole report."""
FILES = (PAGE_FILE, REPORT_FILE, PDF_FILE, SEGMENTS_FILE, PACKAGE_FILE)
"""What a report of any kind may write beside its tables."""
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


def check_report_folder(out: Path, *, may_overwrite: bool) -> None:
    """Raise FolderError where `out` holds files that are no report's."""
    check_folder(out, (REPORT_FILE,), "report", may_overwrite=may_overwrite)


def whole_report(out: Path) -> AbstractContextManager[Path]:
    """Give a folder to write a report's files into, which stand in `out` when all are written.

    The files of an older report there go. Raises OutsideError where `out` cannot be written.
    """
    return whole_folder(out, REPORT_FILE, "report", lambda: files_of(out / REPORT_FILE))


def files_of(told: Path) -> list[str]:
    """Give the names of the files that a report wrote, by its report.json; none without one."""
    try:
        report = msgspec.json.decode(told.read_bytes(), type=Report)
    except (OSError, ValueError):
        return []
    return [*FILES, *(f"{table.name}.csv" for table in report.tables if "/" not in table.name)]


def write_report(made: Made, folder: Path, language: str, *, is_pdf: bool = False) -> None:
    """Write the report's files into a folder. Raises OutsideError where a PDF lacks a font."""
    made = made._replace(report=with_places(made.report, made.opened.network))
    words = Words(language)
    page = PAGES[made.report.kind](made, words)
    page = msgspec.structs.replace(page, tables=[table for table in page.tables if table.rows])
    (folder / PAGE_FILE).write_text(rendered(page, words), encoding="utf-8")
    if is_pdf:
        (folder / PDF_FILE).write_bytes(printed(page, words))
    (folder / REPORT_FILE).write_bytes(report_json(made.report))
    for table in made.report.tables:
        (folder / f"{table.name}.csv").write_bytes(table_csv(table))
    write_geo(made, folder)


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
