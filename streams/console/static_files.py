"""The files of the page: read and packed once, kept by browsers while they are the same."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
_NAMED_BY_CONTENT = re.compile(r"-[\w-]{8}\.\w+$")
KEPT = "public, max-age=31536000, immutable"
"""Of a file whose name says what is in it: a year, as long as HTTP knows."""
_PACKED_TYPES = ("text/", "application/javascript", "application/json", "image/svg")


@dataclass(frozen=True)
class StaticFile:
    """One file of the page, plain and packed."""

    name: str
    plain: bytes

    @property
    def content_type(self) -> str:
        """The media type by the name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def packed(self) -> bytes:
        """The file as gzip."""
        return gzip.compress(self.plain, 9, mtime=0)

    @cached_property
    def tag(self) -> str:
        """What tells one content from another."""
        return hashlib.sha256(self.plain).hexdigest()[:16]

    def answer(self, request: web.Request) -> web.Response:
        """Answer with the file, or that the one which the browser has is still the same."""
        is_text = self.content_type.startswith(_PACKED_TYPES)
        headers = {"ETag": f'"{self.tag}"', "Vary": "Accept-Encoding"}
        if _NAMED_BY_CONTENT.search(self.name):
            headers["Cache-Control"] = KEPT
        if any(tag.value == self.tag for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        is_packed = is_text and takes_gzip(request)
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        charset = "utf-8" if is_text else None
        return web.Response(
            body=self.packed if is_packed else self.plain,
            content_type=self.content_type, charset=charset, headers=headers,
        )  # fmt: skip


def takes_gzip(request: web.Request) -> bool:
    """Tell whether who asks can unpack gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def packed_answer(request: web.Request, data: bytes, content_type: str) -> web.Response:
    """Answer with what is gzip already, unpacked for whoever does not take that."""
    headers = {"Content-Type": content_type, "Vary": "Accept-Encoding"}
    if takes_gzip(request):
        return web.Response(body=data, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=gzip.decompress(data), headers=headers)


@cache
def static_files() -> dict[str, StaticFile]:
    """Give the files of the page by their names."""
    names = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*.*")}
    return {name: StaticFile(name, path.read_bytes()) for name, path in names.items()}
