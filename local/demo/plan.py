"""Plans the demo's call, from a script or from the roster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agents.roster.role import Role
from agents.roster.roster import Roster
from local.groq_standin.chat.names import asked_for, names_of
from local.groq_standin.script import CallerLine, Script, load_script
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import SAMPLE_RATE, Recognizer
from local.groq_standin.vocabulary import ASKING_ABOUT
from local.roster_in_use import first_role, roster_in_use, spoken_names, topics_in, topics_of
from local.scripted import script_for
from local.speech import CALLER, synthesize

_MOST_TRIED = 8  # each takes a third of a second
_ASKING = ("please put me through to {}", "{} please")


@dataclass(frozen=True, slots=True)
class Plan:
    """`script`: what the stand-in says; None: it makes that up. `note`: what the call shows, and why."""

    lines: Sequence[CallerLine]
    script: Path | None
    note: str

    looks_up: bool = False

    @property
    def hands_over(self) -> bool:
        return len({line.to for line in self.lines}) > 1


async def plan_call(chosen: Path | None, *, stand_in: bool) -> Plan:
    """Plan a call for the roster in use. `chosen`: a script. Raises: BadInput (settings, roster, script).

    Unless a script was chosen, the caller asks a role with documents about them.
    """
    roster = roster_in_use()
    plan = await _plan(roster, chosen, stand_in=stand_in)
    return plan if chosen else await _with_question(plan, roster, stand_in=stand_in)


async def _with_question(plan: Plan, roster: Roster, *, stand_in: bool) -> Plan:
    """Insert a question before the last line to the first role with documents."""
    asked = next((line.to for line in plan.lines if line.to and roster.role(line.to).documents), None)
    if asked is None:
        return plan
    role = roster.role(asked)
    script = load_script(plan.script) if plan.script else Script()
    if not (words := await _question(script, roster, role, stand_in=stand_in)):
        return plan
    last = max(place for place, line in enumerate(plan.lines) if line.to == asked)
    lines = [*plan.lines[:last], _line(words, role), *plan.lines[last:]]
    return replace(plan, lines=lines, looks_up=True)


async def _question(script: Script, roster: Roster, role: Role, *, stand_in: bool) -> str | None:
    """Return a question about the role's documents that the stand-in's recognizer understands, or None."""
    topics = topics_in(role.documents) if role.documents else []
    if not stand_in:
        return next((ASKING_ABOUT.format(topic) for topic in topics), None)
    recognizer = Recognizer(script, language_of(script, spoken_names(roster), topics_of(roster)))
    for topic in topics[:_MOST_TRIED]:
        words = ASKING_ABOUT.format(topic)
        heard = await recognizer.recognize(synthesize(words, CALLER, sample_rate=SAMPLE_RATE).samples)
        if heard.words.endswith(topic):
            return words
    return None


async def _plan(roster: Roster, chosen: Path | None, *, stand_in: bool) -> Plan:
    first = first_role(roster)
    path = script_for(roster, first, chosen)
    if path and (lines := load_script(path).caller):
        return Plan(lines, path, note="")
    target = next(iter(first.targets), None) if "transfer_call" in first.tools else None
    if target is None:
        lines = (_line("what can you do", first), _line("thank you goodbye", first))
        return Plan(lines, path, _no_handoff(roster, first))
    second = roster.role(target)
    script = load_script(path) if path else Script()
    asked = await _asking(script, roster, second) if stand_in else _ASKING[0].format(second.name)
    lines = (_line(asked, first), _line("yes please", second), _line("thank you goodbye", second))
    note = (
        f"The call is made from the roster: {first.id} answers, and is asked for {second.id} ({second.name})."
    )
    return Plan(lines, path, note)


def _line(words: str, to: Role) -> CallerLine:
    return CallerLine(say=words, to=to.id)


def _no_handoff(roster: Roster, first: Role) -> str:
    if len(roster.roles) == 1:
        why = f"{first.id} is the only role"
    else:
        why = f"{first.id} answers, and may hand over to nobody ({first.id}.md: transfers_to, tools)"
    return f"No handoff can be shown, because {why}: the call is answered, and ended with a goodbye."


async def _asking(script: Script, roster: Roster, target: Role) -> str:
    """Return words that ask for the target, and that the stand-in does not confuse with the other names.

    The stand-in's recognizer knows English sounds: for some names, it understands only the role's id well.
    """
    names = spoken_names(roster)
    recognizer = Recognizer(script, language_of(script, names))
    for words in _ways_to_ask(target):
        spoken = synthesize(words, CALLER, sample_rate=SAMPLE_RATE)
        heard = await recognizer.recognize(spoken.samples)
        if asked_for(heard.words, names) == target.id:
            return words
    return next(_ways_to_ask(target))


def _ways_to_ask(target: Role) -> Iterator[str]:
    for known in dict.fromkeys([target.name, *names_of(target.id, target.name)]):
        for asking in _ASKING:
            yield asking.format(known)
