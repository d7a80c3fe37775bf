"""What must hold of every picture of a page: nothing lies over another thing, nothing is cut."""

from tests.streams.console.browser import Page

FLOATING = (
    ".software", ".maplibregl-ctrl-attrib", ".maplibregl-ctrl-scale", ".layers",
    ".maplibregl-ctrl-group", ".wall-caption", ".case",
)  # fmt: skip
"""What floats over the map."""
BESIDE = (".top > *", ".tile", ".past-head > *", ".past-controls > *", ".legend-levels > *",
          ".alerts > *", ".wall-part", ".case-chips > *", ".alarm-counts > *")  # fmt: skip
"""What stands beside each other."""
WHOLE = (".top", ".tile p", ".banner", ".past-bar", ".legend", ".alerts", ".card", ".case",
         ".wall-part", ".wall-rows li", ".strong-button", ".quiet-button")  # fmt: skip
"""What must be seen whole from left to right."""

FAULTS = """(([floating, beside, whole]) => {
    const seen = (names) => names.flatMap((name) => [...document.querySelectorAll(name)])
        .filter((node) => node.checkVisibility({ visibilityProperty: true }));
    const name = (node) => `${node.tagName}.${node.className}#${node.id}`;
    const meet = (one, other, slack) => {
        if (one.contains(other) || other.contains(one)) return [];
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        return wide > slack && high > slack ? [`${name(one)} and ${name(other)} overlap`] : [];
    };
    const over = (nodes, slack) =>
        nodes.flatMap((one, at) => nodes.slice(at + 1).flatMap((other) => meet(one, other, slack)));
    const mayEnd = '.is-past .tile-foot, .tile[data-status=partial] .tile-foot';
    const cut = seen(whole).filter((node) => node.scrollWidth > node.clientWidth + 1
        && getComputedStyle(node).display !== 'inline' && !node.matches(mayEnd))
        .map((node) => `${name(node)} is cut`);
    const beyond = seen([...floating, ...beside]).filter((node) => {
        const { left, right } = node.getBoundingClientRect();
        return left < -1 || right > innerWidth + 1;
    }).map((node) => `${name(node)} leaves the screen`);
    const wide = document.documentElement.scrollWidth > innerWidth ? ['scrolled sideways'] : [];
    return [...over(seen(floating), 1), ...over(seen(beside), 2), ...cut, ...beyond, ...wide];
})"""


async def faults(page: Page) -> list[str]:
    """Give what lies over another thing, is cut, or leaves the screen."""
    asked = [list(names) for names in (FLOATING, BESIDE, WHOLE)]
    return list(await page.value(f"{FAULTS}({asked})"))
