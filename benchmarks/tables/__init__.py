"""The tables of the pages, made from what was measured (`make tables`)."""
