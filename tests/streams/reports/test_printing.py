"""The page as PDF: printed where there is a browser, else said before any work is done."""

import shutil
import subprocess
from pathlib import Path

import pytest

from streams.outside_error import OutsideError
from streams.reports.printing import BROWSERS
from tests.streams.reports.test_report_command import QUEUE, reported, run_of


def test_without_a_browser_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = reported(tmp_path, str(run_of(tmp_path / "run", [QUEUE] * 6)), "--pdf")
    assert isinstance(done.exception, OutsideError)
    assert "a PDF needs one of chromium" in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_prints_on_a_few_pages_of_a4_with_its_words(tmp_path: Path, language: str) -> None:
    if not any(shutil.which(name) for name in BROWSERS):
        pytest.skip("no chromium here")
    done = reported(
        tmp_path, str(run_of(tmp_path / "run", [QUEUE] * 6)), "--pdf", "--lang", language
    )
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    pdf = (tmp_path / "out" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    if shutil.which("pdfinfo") is None:
        return
    told = subprocess.run(["pdfinfo", str(tmp_path / "out" / "report.pdf")], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    assert "A4" in told
    pages = next(line.split()[1] for line in told.splitlines() if line.startswith("Pages:"))
    assert 2 <= int(pages) <= 6
