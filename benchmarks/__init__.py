"""What is measured: one file a question, run as `python -m benchmarks.NAME` from the root."""
