"""What a run does not need is not there."""

import subprocess
import sys


def test_a_run_loads_no_engine_of_reports() -> None:
    code = "import sys, streams.recorded.run; print(sorted({'ibis', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
