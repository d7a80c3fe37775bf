"""How Sphinx makes the site of docs/ (`make docs`). Nothing in it is fetched from elsewhere."""

import tomllib
from pathlib import Path

_PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]

project = "Clearway"
author = "The Clearway authors"
copyright = f"2026 {author}"
version = release = _PROJECT["version"]

extensions = ["myst_parser"]
exclude_patterns = ["*.py"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"Clearway {version}"
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_static_path = ["site"]
html_css_files = ["site.css"]
