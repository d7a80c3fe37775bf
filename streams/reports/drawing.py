"""How every chart looks: one size, one set of fonts, the console's colours, SVG for a page."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

LEVEL_COLOURS = ("#2f6690", "#4f9d9f", "#efe9a6", "#f0921f", "#cf2d2d", "#f4b6ff")
"""Of the levels 0 to 5. Source: the console's (streams/console/page/src/levels.ts), told apart by
people who see no red or no green."""
NO_DATA_COLOUR = "#c9d0d6"
INK, FAINT, ACCENT = "#17212b", "#8a97a3", "#2f6690"
WIDTH_IN, HEIGHT_IN = 4.2, 2.5
"""A chart, two beside each other on A4. Unit: inch. Source: chosen, readable at a phone's width."""
_FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP")
_SETTINGS = {
    "svg.fonttype": "none",  # words stay words, in the fonts of who reads them
    "svg.hashsalt": "clearway",  # the same report is the same bytes
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e8ec",
    "grid.linewidth": 0.7,
}


@contextmanager
def chart(
    height_in: float = HEIGHT_IN, width_in: float = WIDTH_IN
) -> Iterator[tuple[Figure, Axes]]:
    """Give an empty chart to draw on."""
    known = set(fontManager.get_font_names())
    fonts = [name for name in _FONTS if name in known] or ["sans-serif"]
    with mpl.rc_context({**_SETTINGS, "font.family": fonts}):
        figure = Figure((width_in, height_in), layout="constrained")
        yield figure, figure.add_subplot()


def svg_of(figure: Figure, title: str) -> str:
    """Give a figure as an SVG element that fits its place; the title is for who cannot see it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # the charts of a page would share them
    label = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
