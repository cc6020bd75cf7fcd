"""`python -m bench.knowledge`: 60 questions in callers' words on 30 documents of a support desk.

The documents and the questions were written before the ranking. `--more` asks forty questions that were held
back at first, `--kept-back` twenty that were never used to tune the ranking. The last line is for programs:
the share of questions whose right passage is among the first three, and the 99th percentile of a search's
time over ten rounds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.knowledge.questions import KEPT_BACK, MORE, QUESTIONS, asked_in_rounds, figures
from bench.support.command import parser_of, run
from bench.support.report import json_line

NAME = "bench-knowledge"
_ROUNDS = 10


async def main(console: Console, asked: Path) -> Sequence[str]:
    """Ask all questions, and return those whose passage was not found, after showing them."""
    rounds = await asked_in_rounds(asked, _ROUNDS)
    missed = [answer.question.words for answer in rounds[0] if answer.place is None]
    for words in missed:
        console.print(f"not among the first three: {words}", markup=False)
    first = sum(answer.place == 1 for answer in rounds[0])
    console.print(f"the right one first: {first} of {len(rounds[0])}")
    console.print(json_line(NAME, figures(rounds)), markup=False, soft_wrap=True)
    return missed


def command() -> int:
    """Return the exit code: 0 whatever the figures are."""
    parser = parser_of("knowledge", __doc__)
    parser.add_argument("--more", action="store_const", dest="asked", const=MORE, default=QUESTIONS)
    parser.add_argument("--kept-back", action="store_const", dest="asked", const=KEPT_BACK)
    asked = parser.parse_args().asked
    return run(NAME, main(Console(highlight=False), asked), lambda _: 0)


if __name__ == "__main__":
    sys.exit(command())
