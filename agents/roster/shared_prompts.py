"""What all roles share: the fixed lines that they speak, and the house's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from agents.roster.checked import Checked, Line, fill, placeholders
from agents.roster.model_words import NoteWords, ToolWords
from agents.roster.phone_words import PhoneWords
from agents.turns.nods import DEFAULT_NODS, checked_nod
from persistence.records import HandoffState

_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def with_notice(greeting: str, notice: str) -> str:
    """Put the notice before the greeting's last sentence, if that is a question, else after the greeting.

    The first word stays the first, so it is heard as soon as without a notice.
    """
    if not notice:
        return greeting
    *before, last = _SENTENCES.split(greeting)
    if not before or not last.endswith("?"):
        return f"{greeting} {notice}"
    return " ".join([*before, notice, last])


def _is_colour(words: str) -> str:
    if not COLOUR.fullmatch(words):
        raise ValueError("should be # and six digits from 0 to 9 and a to f, in double quotes")
    return words.lower()


def _is_word(words: str) -> str:
    words = " ".join(words.split())
    if not any(letter.isalnum() for letter in words):
        raise ValueError(f"has {words[:40]!r}, which is no word")
    return words


def _fit_whispers_prompt(words: tuple[str, ...]) -> tuple[str, ...]:
    if (length := len(", ".join(words))) > LONGEST_WORDS:
        raise ValueError(f"has {length} characters, with commas between the words")
    return words


LONGEST_WORDS = 250
"""Characters. The rest of Whisper's prompt is for the roles' names and the caller's words just before."""
HouseWord = Annotated[str, AfterValidator(_is_word)]
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
Colour = Annotated[str, AfterValidator(_is_colour)]
CompanyName = Annotated[str, StringConstraints(max_length=80), placeholders()]
TargetLine = Annotated[str, placeholders("target")]
DEFAULT_NOTICE = "Our call is written down."
Introduction = Annotated[str, placeholders("target", "holder")]
PersonLine = Annotated[str, placeholders("person", "target", "holder")]
Introducing = Literal["short", "full"]
"""Who introduces a target: only the target itself (short), or the holder first (full)."""


DEFAULT_RECORDING_NOTICE = "This call is recorded."
DEFAULT_RECORDING_QUESTION = "May we record this call? Please say yes or no."
DEFAULT_YES = (
    "yes",
    "yeah",
    "yep",
    "sure",
    "okay",
    "ok",
    "of course",
    "go ahead",
    "fine",
    "please do",
    "you may",
)
DEFAULT_NO = ("no", "nope", "not", "don't", "never", "rather")


class HouseLines(Checked):
    """Every line that a role speaks without a model. {target} and {holder} are roles' spoken names."""

    hold: TargetLine = Field(
        description="the words that ask the caller to hold who asked for the target; may contain {target}"
    )
    hold_unasked: TargetLine | None = Field(
        None,
        description="the same, to a caller who did not ask: the role or an operator chose the target; "
        "may contain {target}; without it, hold is said",
    )
    hold_instead: TargetLine | None = Field(
        None,
        description="the words to a caller on hold when another target is called instead; "
        "may contain {target}; without it, hold_unasked is said",
    )
    thanks_for_waiting: Line = Field(
        "Thank you for waiting.",
        description="with introduction: short, the last words to a caller who was on hold for 3 s or "
        "longer; the target introduces itself",
    )
    introduction: Introduction = Field(
        "I have {target} with us now.",
        description="the sentence that introduces the target, with introduction: full; may contain {target} "
        "and {holder}",
    )
    introduction_after_wait: Introduction | None = Field(
        None,
        description="the same, to a caller who was on hold for 3 s or longer; may contain {target} and "
        "{holder}; without it, introduction is said",
    )
    introduction_of_person: PersonLine = Field(
        "Thank you for waiting. I have {person} from {target} on the line, and they know what this is about.",
        description="with introduction: full, the sentence that a person at a desk and the caller both hear "
        "before they hear each other; may contain {person}, {target} and {holder}",
    )
    declined: TargetLine = Field(description="the words for when the target declined; may contain {target}")
    unanswered: TargetLine = Field(
        description="the words for when the target did not answer; may contain {target}"
    )
    phone_busy: TargetLine = Field(
        "I am sorry, {target} is on another call.",
        description="the words for when everybody whom the target called by telephone was busy; "
        "may contain {target}",
    )
    phone_no_answer: TargetLine = Field(
        "I am sorry, nobody answers the telephone at {target}.",
        description="the same, for when nobody answered, or only a machine did; may contain {target}",
    )
    phone_unreachable: TargetLine = Field(
        "I am sorry, I cannot reach {target} by telephone at the moment.",
        description="the same, for when nobody could be called; may contain {target}",
    )
    failed: TargetLine = Field(description="the words for when a handoff failed; may contain {target}")
    cancelled: TargetLine = Field(
        description="the words for when a handoff was cancelled; may contain {target}"
    )
    offer_call_back: TargetLine = Field(
        "I am sorry, {target} cannot take this one right now. Would you like to be called back?",
        description="the words for when nobody took the call of a desk with otherwise: call back, to a "
        "caller on the call page; may contain {target}",
    )
    offer_message: TargetLine = Field(
        "I am sorry, {target} cannot take this one right now. Would you like to leave a message?",
        description="the same, for a desk with otherwise: message; may contain {target}",
    )
    called_back: Line = Field(
        "Thank you for answering. Here is the call back that we promised you.",
        description="the first words to a caller who is called back, before they are put through",
    )
    opening_without_matter: Annotated[str, placeholders("name")] = Field(
        description="a target's first words when the matter is not known; may contain {name}"
    )
    silence_question: Line = Field(description="the question for a caller who fell silent")
    silence_goodbye: Line = Field(description="the last words to a caller who stayed silent")
    too_long_goodbye: Line = Field(description="the last words of a call that lasted too long")
    one_moment: Line = Field(
        description="the filler for a caller who waits for a slow reply or for a move to another process"
    )
    still_at_it: Line = Field(description="the filler for a caller who still waits")
    not_understood: Line = Field(
        description="the request to repeat, after speech of which no word was understood"
    )
    still_not_understood: Line = Field(
        description="the same request, in other words, for the second time in a row"
    )
    never_pauses: Line = Field(
        "I hear sound without a pause, and cannot make you out. Could you go where it is quieter, "
        "and tell me one thing at a time?",
        description="the words to a caller whose speech, music or noise has not paused for half a minute",
    )
    trouble: Line = Field(
        description="the words for when no reply could be made: an apology, and a request to repeat"
    )
    trouble_offer: Line = Field(
        description="the words for the second time in a row: stay and hold, or hang up and be called back"
    )
    trouble_held: Line = Field(description="the words for a caller on hold: it does not work yet")
    trouble_still_held: Line = Field(description="the same in other words")
    trouble_over: Line = Field(description="the words for a caller who was on hold: it works again")
    trouble_goodbye: Line = Field(
        description="the last words to a caller who was on hold for long: they will be called back"
    )
    day_spent_goodbye: Line = Field(
        "I am sorry, we have reached our limit for today, so I cannot go on. We will call you back. Goodbye.",
        description="the last words when a daily limit of the account is spent: nobody can be served",
    )
    on_hold: Line = Field(
        "Please stay on the line.",
        description="the words to a caller whom an operator puts on hold; music follows",
    )
    still_on_hold: Line = Field(
        "Please stay on the line a little longer.",
        description="the words, now and then, to a caller on hold; music goes on",
    )
    off_hold: Line = Field(
        "I am with you again.", description="the agent's first words to a caller who was on hold"
    )
    waiting: Line = Field(
        "Thank you for calling. Everybody is on another call right now. Please stay on the line.",
        description="the first words to a caller for whom no agent has room; they wait in line",
    )
    waiting_next: Line = Field("You are next in line.", description="the words to the first caller in line")
    waiting_place: Annotated[str, placeholders("place", needed="place")] = Field(
        "You are number {place} in line.",
        description="the words to the callers after the first; contains {place}, such as 2",
    )
    waiting_far: Annotated[str, placeholders("places", needed="places")] = Field(
        "There are more than {places} callers ahead of you.",
        description="the words to callers further back than there are lines for; contains {places}, a number",
    )
    still_waiting: Line = Field(
        "Thank you for your patience.",
        description="the words, now and then, to a caller whose place in line has not changed; "
        "the place follows",
    )
    keys_again: Line = Field(
        "I did not get that number.",
        description="the words to a caller who is asked to type a number again; the question follows",
    )
    keys_right: Annotated[str, placeholders("digits", needed="digits")] = Field(
        "I have {digits}. If that is right, press 1. To type it again, press 2.",
        description="the words that read a typed number back; contains {digits}",
    )
    keys_right_secret: Annotated[str, placeholders("count", needed="count")] = Field(
        "I have {count} digits. If that is right, press 1. To type them again, press 2.",
        description="the same for a secret number; contains {count}, how many digits it has",
    )
    menu: Line = Field(
        "You can also use the keys of your telephone.",
        description="the words before a menu of keys, for a caller by telephone who is not understood",
    )
    menu_choice: Annotated[str, placeholders("key", "target", needed="key")] = Field(
        "Press {key} for {target}.",
        description="the words for each key of that menu; contains {key}, and may contain {target}",
    )
    wait_minute: Line = Field(
        "It should take about a minute.",
        description="the words, after the place, to a caller who waits for a person for a minute or less",
    )
    wait_minutes: Annotated[str, placeholders("minutes", needed="minutes")] = Field(
        "It should take about {minutes} minutes.",
        description="the same for a longer wait; contains {minutes}, such as 4",
    )
    wait_long: Annotated[str, placeholders("minutes", needed="minutes")] = Field(
        "It will take more than {minutes} minutes.",
        description="the same for a wait for which there is no line; contains {minutes}, a number",
    )
    go_on_question: Line = Field(
        "Shall I go on?",
        description="the question after the first 20 s of a long answer; after a yes the answer goes on",
    )
    promise_taken_back: Line = Field(
        description="the words for when the model promised a transfer that is not possible"
    )
    welcome_back: Line = Field(description="the words for a caller who was disconnected and is back")
    recovered: Line = Field(description="the first words of an agent that replaces a lost one")
    recovered_listening: Line = Field(
        description="the same, if the caller may have said something that was not heard"
    )
    thanks: Line = Field(description="the words after a move to another process, or after it did not happen")
    goodbye: Line = Field(description="the last words of a call, if the model said none")
    failed_goodbye: Line = Field(description="the last words of a call that cannot go on")

    def returning(self, outcome: HandoffState, *, target: str) -> str:
        """Return the line for the caller after a handoff that did not complete."""
        line = {
            HandoffState.DECLINED: self.declined,
            HandoffState.UNANSWERED: self.unanswered,
            HandoffState.CANCELLED: self.cancelled,
        }.get(outcome, self.failed)
        return fill(line, target=target)

    def with_own(self, own: RoleLines) -> HouseLines:
        """Return these lines, some replaced by a role's own."""
        given = own.model_dump(exclude_unset=True)
        house = self.model_dump(exclude_unset=True)
        for special, plain in _SPECIAL_LINES.items():
            if plain in given:  # the role's plain words take precedence over the house's special ones
                house.pop(special, None)
        return HouseLines.model_validate({**house, **given})


_SPECIAL_LINES = {
    "hold_unasked": "hold",
    "hold_instead": "hold",
    "introduction_after_wait": "introduction",
}
"""Lines that may be left out, and the line that is said in their place."""


class RoleLines(HouseLines):
    """The house's lines that a role says in other words. None of them is required."""


for _field in RoleLines.model_fields.values():
    _field.default = None
RoleLines.model_rebuild(force=True)


class HouseFields(Checked):
    """The front matter of house.md."""

    company: CompanyName | None = Field(
        None, description="the company's name on the page where anybody may call, such as Brightwave"
    )
    colour: Colour = Field(
        "#2c5282", description='the company\'s colour on that page, in double quotes, such as "#2c5282"'
    )
    second_colour: Colour = Field(
        "#b7791f", description='the page\'s second colour, in double quotes, such as "#b7791f"'
    )

    notice: Line | Literal[""] = Field(
        DEFAULT_NOTICE,
        description="what callers are told about what is kept, in double quotes: a sentence of the first "
        'greeting, before its question; "": nothing, because something else tells them',
    )
    recording_consent: Literal["staying", "word"] = Field(
        "staying",
        description="staying or word: a caller who is recorded agrees by staying on the line after "
        "recording_notice, or by answering recording_question with yes",
    )
    recording_notice: Line = Field(
        DEFAULT_RECORDING_NOTICE,
        description="what a caller hears before the greeting where calls are recorded, if staying is consent",
    )
    recording_question: Line = Field(
        DEFAULT_RECORDING_QUESTION,
        description="the question that is asked instead, if consent is by word",
    )
    recording_yes: tuple[HouseWord, ...] = Field(
        DEFAULT_YES,
        min_length=1,
        description="first words of an answer that agrees, such as [yes, sure]",
    )
    recording_no: tuple[HouseWord, ...] = Field(
        DEFAULT_NO, description="words anywhere in an answer that refuse, such as [no, not]"
    )
    introduction: Introducing = Field(
        "short",
        description="short or full: whether a target introduces itself, or the holder introduces it first",
    )
    numbers: dict[str, str] = Field(
        default_factory=dict,
        description="our telephone numbers, each with the role that answers calls to it, in double quotes, "
        'such as {"+493012345678": billing}; calls to others are answered as all are',
    )
    menu_after: Annotated[int, Field(ge=0, le=4)] = Field(
        3,
        description="after how many turns in a row that nobody understood a caller by telephone is offered "
        "keys to press, 1 to 4; 0: never",
    )
    words: Annotated[tuple[HouseWord, ...], AfterValidator(_fit_whispers_prompt)] = Field(
        (),
        description="names and words that callers say and that are hard to make out, such as "
        f"[Fibre Plus, MyBox]; {LONGEST_WORDS} characters in all",
    )
    nods: tuple[Annotated[str, AfterValidator(checked_nod)], ...] = Field(
        DEFAULT_NODS,
        description="words by which a caller shows that they listen, such as [mhm, okay, I see]: "
        "while a role speaks they neither stop it nor are answered",
    )

    phone: PhoneWords = Field(
        PhoneWords.model_validate({}), description="what concerns people who are called by telephone"
    )
    lines: HouseLines = Field(description="the lines that roles speak, one a line, as NAME: WORDS")
    tools: ToolWords = Field(description="the words that describe the tools, one a line, as NAME: WORDS")
    notes: NoteWords = Field(description="the words before what a model is told, as NAME: WORDS")


@dataclass(frozen=True, slots=True)
class House:
    """What all roles share: their fixed lines, and the rules that precede every role's own instructions."""

    lines: HouseLines
    tools: ToolWords
    notes: NoteWords
    rules: str
    introduction: Introducing
    company: str | None
    colour: str
    second_colour: str
    notice: str = DEFAULT_NOTICE
    recording_consent: Literal["staying", "word"] = "staying"
    recording_notice: str = DEFAULT_RECORDING_NOTICE
    recording_question: str = DEFAULT_RECORDING_QUESTION
    recording_yes: tuple[str, ...] = DEFAULT_YES
    recording_no: tuple[str, ...] = DEFAULT_NO
    menu_after: int = 3
    numbers: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    nods: tuple[str, ...] = DEFAULT_NODS
    phone: PhoneWords = field(default_factory=lambda: PhoneWords.model_validate({}))
