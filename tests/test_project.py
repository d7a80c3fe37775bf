"""What says who made the project, under which licence and in which version agrees with itself."""

import hashlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The text as the Apache Software Foundation publishes it.
APACHE_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_licence_is_the_official_text_and_the_same_everywhere() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_SHA256
    assert PROJECT["license"] == "Apache-2.0"
    assert "\nlicense: Apache-2.0\n" in (ROOT / "CITATION.cff").read_text()
    for file in PROJECT["license-files"]:
        assert (ROOT / file).is_file(), file


def test_the_citation_and_the_change_log_know_the_version() -> None:
    version, authors = PROJECT["version"], PROJECT["authors"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {version}\n" in citation
    assert [f"  - name: {author['name']}" for author in authors] == re.findall(
        r"^  - name: .*", citation, re.M
    )
    assert f"\n## [{version}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_the_hooks_before_a_commit_run_what_make_lint_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert lint
    for program in re.findall(r"\$\(BIN\)/(\S+)", lint[1]):
        assert f".venv/bin/{program}" in hooks, program
