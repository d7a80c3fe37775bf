"""A headless Chromium for tests, driven over its own debugging protocol (CDP)."""

import asyncio
import base64
import shutil
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 60.0


class PageError(AssertionError):
    """A script in the page threw, or what was waited for never became true."""


class Page:
    """One tab; remembers every request it made and everything its console said."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self.requests: list[str] = []
        self.complaints: deque[str] = deque()

    async def listen(self) -> None:
        """Read what the browser says until it closes."""
        async for message in self._socket:
            event = message.json()
            if "id" in event:
                answer = self._answers.pop(event["id"], None)
                if answer is not None and not answer.done():
                    answer.set_result(event)
            else:
                self._note(event["method"], event["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url')}")

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and give its result."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        event = await asyncio.wait_for(answer, ANSWER_TIMEOUT_S)
        if "error" in event:
            raise PageError(f"{method}: {event['error']}")
        return dict(event["result"])

    async def value(self, script: str) -> Any:
        """Give the value of an expression, awaited where it is a promise."""
        result = await self.command(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise PageError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, condition: str, timeout_s: float = 30.0) -> None:
        """Wait, asking at each frame drawn, until an expression is true."""
        script = f"""new Promise((done) => {{
            const end = performance.now() + {timeout_s * 1000};
            const look = () => {{
                let isTrue = false;
                try {{ isTrue = Boolean({condition}); }} catch {{}}
                if (isTrue || performance.now() > end) done(isTrue);
                else setTimeout(look, 50);
            }};
            look();
        }})"""
        if not await self.value(script):
            raise PageError(f"never became true: {condition}; {list(self.complaints)}")

    async def screenshot(self, path: Path) -> None:
        """Save what the page shows as PNG."""
        result = await self.command("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(result["data"]))


def find_chromium() -> str | None:
    """Give the path of Chromium, None where none is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def open_page(
    chromium: str, profile: Path, width: int = 1366, height: int = 768
) -> AsyncIterator[Page]:
    """Start Chromium with an empty profile, give its one blank page, and end it after."""
    process = await asyncio.create_subprocess_exec(
        chromium, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}",
        "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        port = await asyncio.wait_for(_debugging_port(process.stderr), START_TIMEOUT_S)
        drain = asyncio.create_task(_drain(process.stderr))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as response:
                tabs = await response.json()
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                listener = asyncio.create_task(page.listen())
                for domain in ("Page", "Runtime", "Network", "Log"):
                    await page.command(f"{domain}.enable")
                await page.command(
                    "Emulation.setDeviceMetricsOverride",
                    width=width, height=height, deviceScaleFactor=1, mobile=False,
                )  # fmt: skip
                yield page
                listener.cancel()
        drain.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _debugging_port(stderr: asyncio.StreamReader) -> int:
    seen = []
    while line := (await stderr.readline()).decode(errors="replace"):
        seen.append(line)
        if "DevTools listening on ws://" in line:
            return int(line.split("ws://", 1)[1].split("/", 1)[0].rsplit(":", 1)[1])
    raise PageError(f"Chromium ended at once: {''.join(seen)[-2000:]}")


async def _drain(stderr: asyncio.StreamReader) -> None:
    while await stderr.readline():
        pass
