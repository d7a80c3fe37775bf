"""Where a row is refused: a file a source, and traces for fixes beside those before them."""
