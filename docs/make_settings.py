"""Writes docs/settings.md from the settings structs: meaning, unit, bounds, default and source."""

import sys
from pathlib import Path

from streams.cli.upkeep.settings_words import sections
from streams.settings import ENVIRONMENT

PAGE = Path(__file__).with_name("settings.md")

INTRODUCTION = """\
# Settings

<!-- Made by docs/make_settings.py from the settings structs; `make docs` makes it anew. -->

Every command takes `--config FILE`: one TOML file for whatever can be set. What the file leaves out
keeps its default. A name or a value that is not understood is refused with its path before anything
starts. `clearway settings show` prints every setting in force as such a file, explained.

```toml
[broker]
address = "kafka-1:9092,kafka-2:9092"

[clocks]
lateness_s = 10      # how long a row may take to arrive
idle_after_s = 120   # a source silent for so long is no longer waited for

[matcher]
lag = 10             # fixes a decision may wait

[estimator]
level_profile = "gbt33171"

[detection.budget]
false_alarms_per_hour = 2.0   # that the city bears
```

The environment overrides addresses: {environment}. One secret comes from
the environment only: `CLEARWAY_PLATE_KEY`, with which number plates are hashed.

The source says where a default comes from: a paper, a standard, the script that fits it, or that it
was chosen and why. *Chosen on the recordings* means set by hand so that the labelled recordings
come out best: look at those first in a city of another kind.

*Log odds* are natural logarithms of the odds, or of the ratio of two likelihoods: 7 is a
thousand to one. *Nats* are minus the natural logarithm of a likelihood: a cost of the matcher.
"""


def page() -> str:
    """Give the whole page."""
    environment = ", ".join(
        f"`{variable}` is `{'.'.join(place)}`" for variable, place in ENVIRONMENT.items()
    )
    parts = [INTRODUCTION.format(environment=environment)]
    for section in sections():
        rows = [
            "| setting | meaning | unit | bounds | default | source |",
            "|---|---|---|---|---|---|",
        ]
        for setting in section.settings:
            name, *rest = (_cell(text) for text in setting)
            rows.append(f"| `{name}` | " + " | ".join(rest) + " |")
        parts.append(f"## `[{section.path}]`\n\n{section.purpose}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", r"\|") or "-"


def main() -> None:
    """Write the page and name the settings that lack a unit or a source."""
    PAGE.write_text(page())
    for section in sections():
        for setting in section.settings:
            if not (setting.unit and setting.source):
                print(f"[{section.path}] {setting.name}: no unit and source", file=sys.stderr)


if __name__ == "__main__":
    main()
