"""What learns a profile in batch, from stored states and traversals."""
