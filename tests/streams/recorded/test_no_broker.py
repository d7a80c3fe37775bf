"""A run without a broker: it needs no client of one."""

import subprocess
import sys

IMPORTS = """
import sys
import streams.cli.main
import streams.cli.run
import streams.recorded.run
import streams.chain
import streams.city
clients = ("aiokafka", "kafka", "faust", "aiohttp", "streams.broker", "streams.agents")
print(sorted(name for name in sys.modules if name.startswith(clients)))
"""


def test_a_run_without_a_broker_imports_no_client_of_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
