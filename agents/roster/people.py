"""Reads people.md, which names the people at desks, and checks the roles that people play."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field

from agents.roster.checked import Checked
from agents.roster.desk import CALL_BACK, MESSAGE, QUEUE, Desk, QueueRules, ShortWord
from agents.roster.markdown_file import Place, RosterFile, misspelt, read_roster_file
from agents.roster.phone import BLIND, LONGEST_RINGING_S, CallPlan, Line, Phone, PhoneRules, is_allowed
from agents.roster.role import RoleFields
from errors import BadInput, Mistakes
from persistence.people import Person

PEOPLE = "people.md"
PERSON = "person"

_OF_PEOPLE = ("people", "skills", "rings_s", "hours", "otherwise", "queue", "wrap_up", "codes", "phone")
_OF_MODELS = (
    *("accepts", "agent", "expects", "keys", "knowledge", "model", "temperature", "tools"),
    *("silence_ask_s", "silence_end_s"),
)
_A_MODEL = f"{CALL_BACK}, {MESSAGE}, a role of a model, or leave it out"
_WITHOUT = {
    "greeting": "One moment please. I am looking for somebody who can help you.",
    "opening": "You are being put through. I have told them that {matter}.",
}
"""What a person's role says before anybody is there, if its file has no words of its own."""


class PersonEntry(Checked):
    """One person who works at desks."""

    name: ShortWord = Field(description="the person's name as an operator, as in: baton operators add Anna")
    groups: tuple[ShortWord, ...] = Field(
        (), description="the groups that the person is in, such as [service]; a role may name a group"
    )
    skills: tuple[ShortWord, ...] = Field((), description="what the person can do, such as [german, fibre]")
    phone: Phone | None = Field(
        None,
        description="where roles with phone call the person: a number, or its fields, such as "
        '{number: "+4930123456", keys: "ww12#"}',
    )


class PeopleFields(Checked):
    """The front matter of people.md."""

    people: tuple[PersonEntry, ...] = Field(
        description="the people, one an entry, such as - {name: Anna, groups: [service], skills: [german]}"
    )


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who works at a desk."""

    entries: tuple[PersonEntry, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entries)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(group for entry in self.entries for group in entry.groups))

    def among(self, named: str) -> Sequence[PersonEntry]:
        """Return the person of this name, or the people of this group."""
        return [entry for entry in self.entries if named == entry.name or named in entry.groups]


def read_people(folder: Path, *, prefixes: Sequence[str] | None = ()) -> People:
    """Return the people in people.md; nobody if the file does not exist. Raises: BadInput.

    `prefixes`: beginnings of numbers that may be called; None: unknown, because house.md could not be read.
    """
    if not os.path.lexists(folder / PEOPLE):
        if other := misspelt(folder / PEOPLE):
            raise BadInput(str(folder / other), "is not read", f"rename it {PEOPLE}")
        return People()
    file = read_roster_file(folder / PEOPLE)
    people, mistakes = People(file.checked(PeopleFields).people), Mistakes()
    for number, name in enumerate(people.names):
        if name in people.names[:number]:
            wrong = f"{name} is there twice"
            mistakes.add(file.bad(("people", number, "name"), wrong, "remove one of the two"))
        elif name in people.groups:
            right = "give one of them another name"
            mistakes.add(file.bad(("people", number, "name"), f"{name} is a person and a group", right))
    for number, entry in enumerate(people.entries):
        if entry.phone and prefixes is not None and not is_allowed(entry.phone.number, prefixes):
            wrong = f"the number of {entry.name} may not be called"
            allowed = f"has {', '.join(prefixes)}" if prefixes else "has none yet"
            right = f"write its beginning into house.md, under phone: prefixes:, which {allowed}"
            mistakes.add(file.bad(("people", number, "phone"), wrong, right))
    mistakes.tell()
    return people


def is_person(file: RosterFile) -> bool:
    """Whether people play the role, or are meant to: a mistake in `kind` itself is reported only once."""
    kind = file.fields.get("kind")
    return str(kind).lower().startswith(PERSON) or (kind is None and "people" in file.fields)


def with_defaults(file: RosterFile) -> dict[str, object]:
    """Return the fields of a person's role, with default words for what only a model needs."""
    return {**_WITHOUT, **file.fields}


def check_kind(file: RosterFile) -> None:
    """Refuse fields that mean nothing for the role's kind. Raises: BadInput."""
    mistakes = Mistakes()
    foreign: tuple[str, ...] = _OF_PEOPLE
    kind, right = "model", f"write kind: {PERSON} as well, or leave it out"
    if is_person(file) and "kind" not in file.fields:
        foreign = ("people",)  # the others follow from it
    elif is_person(file):
        foreign, kind, right = _OF_MODELS, PERSON, "leave it out"
    for name in foreign:
        if name in file.fields:
            mistakes.add(file.bad([name], f"{name} is not allowed for a role of the kind {kind}", right))
    mistakes.tell()


def desk_of(file: RosterFile, fields: RoleFields, people: People, roles: Collection[str]) -> Desk | None:
    """Return the desk of a person's role; None for a model's. Raises: BadInput, with every mistake."""
    if fields.kind != PERSON:
        return None
    mistakes = Mistakes()
    able = _able(file, fields, people, mistakes)
    queue = fields.queue or QueueRules.model_validate({})
    _check_otherwise(file, fields, queue, roles, mistakes)
    if fields.wrap_up == "required" and not fields.codes:
        right = "write codes: [solved, to be continued], or the like"
        mistakes.add(file.bad(["wrap_up"], "wrap_up: required needs codes to choose from", right))
    mistakes.tell()
    return Desk(
        people=() if fields.phone else able,  # it rings at no desk
        skills=fields.skills,
        rings_s=fields.rings_s,
        hours=fields.hours,
        otherwise=fields.otherwise,
        queue=queue,
        needs_wrap_up=fields.wrap_up == "required",
        codes=fields.codes,
    )


def phones_of(file: RosterFile, fields: RoleFields, people: People, mistakes: Mistakes) -> CallPlan | None:
    """Return the plan by which the role calls its people by telephone; None: it calls nobody."""
    if fields.kind != PERSON or fields.phone is None:
        return None
    for name in ("queue", "wrap_up", "codes"):
        if name in file.fields:
            mistakes.add(
                file.bad([name], f"{name} is for people at desks, and phone for others", "leave it out")
            )
    if fields.otherwise in {QUEUE, CALL_BACK}:
        right = f"write a role whose people are at desks and that has otherwise: {fields.otherwise}"
        mistakes.add(file.bad(["otherwise"], f"there is no {fields.otherwise} for a telephone", right))
    if fields.rings_s > LONGEST_RINGING_S:
        wrong = f"a telephone rings for {LONGEST_RINGING_S} s at most"
        mistakes.add(file.bad(["rings_s"], wrong, "write fewer seconds"))
    lines = _lines_of(file, fields, people, mistakes)
    _check_leaving(file, fields.phone, lines, mistakes)
    return CallPlan(fields.phone, tuple(lines), fields.rings_s)


def _check_leaving(file: RosterFile, rules: PhoneRules, lines: Sequence[Line], mistakes: Mistakes) -> None:
    for line in lines if rules.refer_to else ():
        if line.keys:
            wrong = f"{line.person}'s number needs keys, which nobody presses for a caller who leaves"
            mistakes.add(file.bad(["phone", "refer_to"], wrong, "leave out refer_to"))
    if rules.refer_headers and rules.refer_to is None:
        wrong = "refer_headers are sent with refer_to, which is missing"
        mistakes.add(file.bad(["phone", "refer_headers"], wrong, 'write refer_to, such as "tel:{number}"'))
    if rules.refer != BLIND:
        return
    if rules.refer_to is None:
        right = 'write refer_to, such as "tel:{number}"'
        mistakes.add(file.bad(["phone", "refer"], "a blind transfer needs an address", right))
    if rules.order == "at_once":
        wrong = "a caller can be sent to one number at a time"
        mistakes.add(file.bad(["phone", "order"], wrong, "write in_turn, or leave out refer"))


def _lines_of(file: RosterFile, fields: RoleFields, people: People, mistakes: Mistakes) -> list[Line]:
    lines: list[Line] = []
    for entry in _who(fields, people):
        if entry.phone is None:
            right = f"write phone: and the number in E.164 into {PEOPLE}"
            mistakes.add(file.bad(["phone"], f"{entry.name} has no number", right))
        else:
            phone = entry.phone
            lines.append(Line(Person(entry.name), phone.number, phone.keys or "", phone.hours))
    return lines


def check_circles(desks: Mapping[str, tuple[RosterFile, Desk]], mistakes: Mistakes) -> None:
    """Refuse an `otherwise` that leads back to its role: a caller whom nobody takes must get somewhere."""
    for role, (file, desk) in desks.items():
        passed, here = [role], desk.overflow_to
        while here is not None and here in desks and here not in passed:
            passed.append(here)
            here = desks[here][1].overflow_to
        if here == role:
            way = " → ".join((*passed, role))
            mistakes.add(
                file.bad(_overflow_place(desk), f"otherwise leads in a circle: {way}", f"write {_A_MODEL}")
            )


def _able(file: RosterFile, fields: RoleFields, people: People, mistakes: Mistakes) -> tuple[Person, ...]:
    """Return the people who may take the role and have its skills, in the order of people.md."""
    if not fields.people:
        right = (
            f"write people: and some of {', '.join((*people.groups, *people.names)) or f'those in {PEOPLE}'}"
        )
        mistakes.add(file.bad(["kind"], "nobody may take its calls", right))
        return ()
    named: list[PersonEntry] = []
    for number, name in enumerate(fields.people):
        found = people.among(name)
        if not found:
            mistakes.add(_unknown(file, ("people", number), name, people))
        named += found
    unknown_skills = _missing_skills(file, fields, named, mistakes)
    able = _who(fields, people)
    if named and not able and not unknown_skills:
        wrong = f"nobody of {', '.join(fields.people)} has all of {', '.join(fields.skills)}"
        mistakes.add(file.bad(["skills"], wrong, f"give them to a person in {PEOPLE}, or write fewer"))
    return tuple(Person(entry.name) for entry in able)


def _who(fields: RoleFields, people: People) -> Sequence[PersonEntry]:
    """Return the entries that the role names and that have its skills, in the order of people.md."""
    named = [entry for name in fields.people for entry in people.among(name)]
    return [entry for entry in people.entries if entry in named and set(fields.skills) <= set(entry.skills)]


def _missing_skills(
    file: RosterFile, fields: RoleFields, named: Sequence[PersonEntry], mistakes: Mistakes
) -> bool:
    known = sorted({skill for entry in named for skill in entry.skills})
    missing = [(number, skill) for number, skill in enumerate(fields.skills) if skill not in known]
    for number, skill in missing if named else ():
        right = f"write some of {', '.join(known)}" if known else f"give it to a person in {PEOPLE}"
        wrong = f"nobody who may take it has the skill {skill!r}"
        mistakes.add(file.bad(("skills", number), wrong, right))
    return bool(missing)


def _unknown(file: RosterFile, place: Place, name: str, people: People) -> BadInput:
    known = (*people.groups, *people.names)
    near = get_close_matches(name, known, n=1)
    some = f"write some of {', '.join(known)}" if known else f"put {name} into {PEOPLE}, beside this file"
    return file.bad(place, f"{name!r} is no person and no group", f"write {near[0]}" if near else some)


def _check_otherwise(
    file: RosterFile, fields: RoleFields, queue: QueueRules, roles: Collection[str], mistakes: Mistakes
) -> None:
    for place, word in ((("otherwise",), fields.otherwise), (("queue", "then"), queue.then)):
        if word in {QUEUE, MESSAGE} and word in roles:
            mistakes.add(file.bad(place, f"{word} is also the name of a role", "give that role another name"))
    if fields.otherwise not in (None, QUEUE, CALL_BACK, MESSAGE, *roles):
        wrong = f"otherwise names the unknown role {fields.otherwise!r}"
        mistakes.add(file.bad(["otherwise"], wrong, f"write {QUEUE}, {_A_MODEL}"))
    if queue.then not in (None, CALL_BACK, MESSAGE, *roles):
        wrong = f"then names the unknown role {queue.then!r}"
        mistakes.add(file.bad(["queue", "then"], wrong, f"write {_A_MODEL}"))
    if fields.queue is not None and fields.otherwise != QUEUE:
        wrong = f"queue has no effect without otherwise: {QUEUE}"
        mistakes.add(file.bad(["queue"], wrong, f"write otherwise: {QUEUE}, or leave it out"))


def _overflow_place(desk: Desk) -> Place:
    return ("queue", "then") if desk.otherwise == QUEUE else ("otherwise",)
