"""Dead letters of a run over files: they name the file and its row, not a topic's offset."""

import msgspec

from ingest.dead_letters import DeadLetter
from ingest.recorded.slices import Slice
from ingest.recorded.told_lines import PATROLS_FILE, REPORTS_FILE
from ingest.refusals import Reason
from streams import topics


class LettersOfFiles:
    """Remembers the slice under way, how many letters there were, and the first for each reason.

    And which rows of the readings they are of.
    """

    def __init__(self) -> None:
        self.piece: Slice | None = None
        self.count = 0
        self.reading_rows: list[int] = []
        self.first: dict[tuple[str, Reason], str] = {}

    def rewritten(self, line: bytes) -> bytes:
        """Take a stage's letter and give it with the place in the recording."""
        letter = msgspec.json.decode(line, type=DeadLetter)
        self.count += 1
        told = {topics.REPORTS: REPORTS_FILE, topics.PATROLS: PATROLS_FILE}.get(letter.source)
        if told is not None:
            # Each line was a message of its own, whose offset is the line's row.
            letter = msgspec.structs.replace(
                letter, source=told, position=letter.offset, partition=None, offset=None
            )
        elif self.piece is not None and letter.position is not None:
            file, rows = {
                topics.FIXES: ("gps.parquet", self.piece.fix_rows),
                topics.READINGS: ("magnetometer.parquet", self.piece.reading_rows),
                topics.CAMERA_EVENTS: ("camera.parquet", self.piece.camera_rows),
            }[letter.source]
            row = int(rows[letter.position])
            if letter.source == topics.READINGS:
                self.reading_rows.append(row)
            letter = msgspec.structs.replace(
                letter,
                source=file,
                position=row,
                partition=None,
                offset=None,
            )
        self.first.setdefault((letter.source, letter.reason), _line(letter))
        return letter.encode()


def _line(letter: DeadLetter) -> str:
    place = "" if letter.position is None else f" row {letter.position}"
    field = "" if letter.field is None else f", {letter.field}"
    found = "" if letter.value is None else f"found {letter.value}, "
    return f"{letter.reason}: {letter.source}{place}{field}: {found}expected {letter.expected}"
