"""Where rows are refused: each by itself, and fixes beside those before them."""
