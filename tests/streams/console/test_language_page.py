"""The page in Chinese, with the colours and the theme that go with it."""

from pathlib import Path

import pytest

from tests.streams.console.scene import Scene, World, seen, text_of

pytestmark = pytest.mark.browser


def test_the_page_speaks_chinese_and_a_button_changes_it(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path="?lang=zh")
        await one.choose()
        assert await page.value("document.documentElement.lang") == "zh-CN"
        assert "2026年9月16日" in await text_of(page, "#event-date")
        for selector, word in (
            ("#feed", "出租车"), ("#legend", "畅通"), ("#alerts", "1 条未结"),
            ("#case", "把握 80 %"),
            ("#case", "车·时"), ("#layers", "警力"), ("#tools", "新建事件"),
        ):  # fmt: skip
            assert word in await text_of(page, selector), selector
        green = "getComputedStyle(document.documentElement).getPropertyValue('--level-0')"
        assert await page.value(green) == "#357e66", "Chinese colours go with Chinese"
        await page.value("document.querySelector('#language').click()")
        await page.until("document.querySelector('.total')?.textContent === '1 active'", 60)
        assert "lang=" not in await page.value("location.search")
        await page.value("localStorage.clear()")

    seen(world, tmp_path, look)
