"""Recorded feeds: folders with feed.toml and one file a source, read whole and checked."""
