"""A headless Chromium for tests, driven over its own debugging protocol (CDP)."""

import asyncio
import base64
import shutil
import subprocess
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
GONE = ("navigated", "context was destroyed", "Cannot find context")


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
        self.expected: set[int] = set()
        """Statuses of answers that the test asks for: the browser tells of each, at any time."""

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
            text = params["entry"]["text"]
            if not any(f"a status of {status} " in text for status in self.expected):
                self.complaints.append(f"{text} {params['entry'].get('url')}")

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
        is_true = False
        try:
            is_true = await self.value(script)
        except PageError as error:
            if not any(word in str(error) for word in GONE):
                raise
            is_true = await self.value(script)  # the page gave way to another, once
        if not is_true:
            raise PageError(f"never became true: {condition}; {list(self.complaints)}")

    async def screenshot(self, path: Path) -> None:
        """Save what the page shows as PNG."""
        result = await self.command("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(result["data"]))


def find_chromium() -> str | None:
    """Give the path of Chromium, None where none is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """A running Chromium with an empty profile; every page is a tab of its own."""

    def __init__(self, chromium: str, profile: Path) -> None:
        self._process = subprocess.Popen(
            [chromium, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._port_file = profile / "DevToolsActivePort"

    async def _port(self) -> int:
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                if self._process.poll() is not None:
                    raise PageError(f"Chromium ended at once with {self._process.returncode}")
                with suppress(FileNotFoundError, IndexError):
                    return int(self._port_file.read_text().splitlines()[0])
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def page(self, width: int = 1366, height: int = 768) -> AsyncIterator[Page]:
        """Open a blank tab of that size, of a person of its own, and close it after."""
        port = await self._port()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/json/version") as response:
                door = (await response.json())["webSocketDebuggerUrl"]
            async with session.ws_connect(door) as socket:
                whole = Page(socket)
                asked = asyncio.create_task(whole.listen())
                context = await whole.command("Target.createBrowserContext")
                target = await whole.command("Target.createTarget", url="about:blank", **context)
                asked.cancel()
            address = f"ws://127.0.0.1:{port}/devtools/page/{target['targetId']}"
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                listener = asyncio.create_task(page.listen())
                for domain in ("Page", "Runtime", "Network", "Log"):
                    await page.command(f"{domain}.enable")
                await page.command(
                    "Emulation.setDeviceMetricsOverride",
                    width=width, height=height, deviceScaleFactor=1, mobile=False,
                )  # fmt: skip
                try:
                    yield page
                finally:
                    await page.command("Page.close")
                    listener.cancel()

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
