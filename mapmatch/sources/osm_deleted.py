"""Which objects an editor marked as deleted in a drawing that was not yet uploaded."""

import bz2
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast
from xml.parsers import expat

MARKS = (b"action='delete'", b'action="delete"')
BLOCK = 1 << 20
"""Read at a time. Unit: B. Source: chosen."""


def deleted_in_editor(path: Path) -> set[tuple[str, int]]:
    """Give the kind (`n`, `w`, `r`) and id of objects with `action='delete'`, as JOSM writes it.

    None where the file cannot be read: that is said by whoever reads it for its roads.
    """
    if path.name.lower().endswith(".pbf") or not _is_marked(path):
        return set()
    gone: set[tuple[str, int]] = set()

    def start(name: str, values: dict[str, str]) -> None:
        if values.get("action") == "delete" and name in ("node", "way", "relation"):
            gone.add((name[0], int(values["id"])))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        with _opened(path) as file:
            parser.ParseFile(file)
    except (expat.ExpatError, KeyError, ValueError):
        return set()
    return gone


def _is_marked(path: Path) -> bool:
    overlap = max(map(len, MARKS))
    tail = b""
    try:
        with _opened(path) as file:
            while block := file.read(BLOCK):
                text = tail + block
                if any(mark in text for mark in MARKS):
                    return True
                tail = text[-overlap:]
    except (OSError, EOFError, zlib.error):
        return False
    return False


def _opened(path: Path) -> BinaryIO:
    opened: dict[str, Callable[[Path, str], object]] = {".gz": gzip.open, ".bz2": bz2.open}
    return cast("BinaryIO", opened.get(path.suffix.lower(), open)(path, "rb"))
