"""Outside world to validated, WGS-84, SI, columnar batches."""
