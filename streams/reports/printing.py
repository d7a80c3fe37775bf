"""A report's page printed as PDF by Chromium, where there is one."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from streams.outside_error import OutsideError

PDF_FILE = "report.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_S = 120.0
"""A browser that takes longer hangs. Unit: s. Source: chosen; a page takes seconds."""
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-pdf-header-footer",
)  # fmt: skip


def browser() -> str:
    """Give the browser that prints. Raises OutsideError where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise OutsideError(
            f"a PDF needs one of {', '.join(BROWSERS)}: install one, or print report.html from "
            "any browser"
        )
    return found


def print_pdf(page: Path, program: str) -> Path:
    """Print a page beside itself and give the file. Raises OutsideError where it fails."""
    pdf = page.with_name(PDF_FILE)
    with tempfile.TemporaryDirectory() as profile:
        where = (f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}")
        command = [program, *_QUIET, *where, page.resolve().as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=True)
        except (subprocess.SubprocessError, OSError) as error:
            raise OutsideError(f"{program} did not print {page}: {error}") from error
    if not pdf.is_file():
        raise OutsideError(f"{program} printed nothing of {page}")
    return pdf
