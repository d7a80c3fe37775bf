"""Road networks as they come: GMNS folders and OpenStreetMap files."""
