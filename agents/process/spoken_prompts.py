"""The fixed lines that roles may have to speak, synthesised before the first call."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlparse

from livekit.agents import APIError

from agents.audio.prepared_audio import PromptAudioCache, PromptKey
from agents.groq.budget.budget import Budget, Spend
from agents.groq.client import make_client
from agents.groq.errors import BASE_URL, OF_THE_ACCOUNT, error_label, fault_of
from agents.groq.rate_limits import LimitsSeen
from agents.groq.refusals import explain_refusal
from agents.groq.tts.groq_tts import GroqTTS
from agents.groq.tts.pace import SpeechPace
from agents.keys.menu import menu_line
from agents.keys.question import again_line
from agents.roster.checked import fill
from agents.roster.handoff_lines import lines_for
from agents.roster.role import Role
from agents.roster.roster import Roster
from agents.roster.waiting_lines import every_line, queue_lines
from clock import SystemClock
from errors import BadInput, OutOfReach
from persistence.records import RoleName
from settings import CallSettings, GroqSettings, Settings, WorkerSettings, env_name

log = logging.getLogger(__name__)

_PATIENCE_S = 10.0
_RENDERING = 2
"""Raise this when the same line would sound different from before: cached audio is then made again."""


PaceOf = Callable[[LimitsSeen, str, asyncio.Event], SpeechPace]


def pace_of(seen: LimitsSeen, model: str, waits: asyncio.Event) -> SpeechPace:
    return SpeechPace(seen, model, waits=waits, now=lambda: SystemClock().now_ms() / 1000)


def prompt_audio_cache(settings: Settings) -> PromptAudioCache:
    """Return the cache of rendered lines for the speech service and model in use."""
    # The host without its port: a stand-in's port changes at every start, its voices do not.
    host = urlparse(settings.groq_access.base_url).hostname
    origin = f"{host} {settings.groq.speaking_model} {_RENDERING}"
    return PromptAudioCache(settings.worker.lines_folder, origin)


def prompts_of(roster: Roster, settings: CallSettings, *, recorded: bool = False) -> list[PromptKey]:
    """Return every line of every role with its voice, each once, in the order in which calls need them.

    First, for each role, come the lines that every call may need, and those of handoffs without a failure:
    the role that answers calls first, then the roles it hands over to. Then come all other lines.
    """
    first = roster.first_role(settings)
    roles = _from(roster, first)
    house = roster.house
    told = house.recording_notice if house.recording_consent == "staying" else house.recording_question
    by_number = [roster.roles[RoleName(name)] for name in house.numbers.values()]
    answering = list(dict.fromkeys([first.id, *(role.id for role in by_number)]))
    needed = [
        (role.voice, line)
        for role in map(roster.role, answering)
        for line in ([told] if recorded else []) + [role.greeting]
    ]
    needed += [(role.voice, line) for role in roles for line in _needed(roster, role)]
    needed += [(first.voice, line) for line in _in_line(first)]
    needed += [(role.voice, line) for role in roles for line in _rest(roster, role)]
    return list(dict.fromkeys((voice, line) for voice, line in needed if line))


def wanted_of(settings: Settings, roster: Roster) -> list[PromptKey]:
    """Return the lines that calls need with these settings."""
    return prompts_of(roster, settings.call, recorded=settings.recording.is_on)


def _from(roster: Roster, first: Role) -> list[Role]:
    """Return all roles: the first, those it hands over to, those that these hand over to, and the others."""
    found = [first]
    for role in found:  # it grows meanwhile
        found += [
            target for name in role.transfers_to if (target := roster.roles[RoleName(name)]) not in found
        ]
    return [*found, *(role for role in roster.roles.values() if role not in found)]


def _needed(roster: Roster, role: Role) -> Iterator[str]:
    house = role.spoken_lines
    yield from (house.one_moment, house.not_understood, house.trouble)
    for name in role.transfers_to:
        lines = lines_for(roster, role, RoleName(name), asked=True)
        yield from (*lines.hold, lines.introduction)
    yield role.opening_line("")
    yield from (tool.policy.says for tool in role.own_tools if tool.policy.says)
    yield from (line for entry in role.keys for line in (entry.says, again_line(house, entry)))


def _in_line(first: Role) -> Iterator[str]:
    """Yield what callers hear in line and when they are taken, all in the first role's voice."""
    yield from every_line(first.spoken_lines)
    yield first.spoken_lines.thanks_for_waiting
    yield first.spoken_lines.called_back


def _rest(roster: Roster, role: Role) -> Iterator[str]:
    house = role.spoken_lines
    yield from (
        role.greeting,
        house.silence_question,
        house.goodbye,
        house.silence_goodbye,
        house.still_at_it,
        house.still_not_understood,
        house.never_pauses,
        menu_line(role),
        house.trouble_offer,
        house.trouble_held,
        house.trouble_still_held,
        house.trouble_over,
        house.trouble_goodbye,
        house.day_spent_goodbye,
    )
    if role.phones is not None:
        phone = roster.house.phone
        yield from (fill(phone.hello, target=role.name), phone.question, phone.repeat)
    for name in role.transfers_to:
        for asked in (True, False):
            yield from lines_for(roster, role, RoleName(name), asked=asked).all
        yield from lines_for(roster, role, RoleName(name), asked=True, on_page=True).all
    if any((desk := roster.roles[RoleName(name)].desk) and desk.queues for name in role.transfers_to):
        yield from queue_lines(house)
    # An operator may hand over to any role, and the hold line must start at once.
    for other in roster.roles:
        if other != role.id:
            yield from lines_for(roster, role, other, asked=False).hold
    yield from (
        house.on_hold,
        house.still_on_hold,
        house.off_hold,
        house.promise_taken_back,
        house.welcome_back,
        house.recovered,
        house.recovered_listening,
        house.thanks,
        house.too_long_goodbye,
        house.failed_goodbye,
    )


async def render_prompts(
    settings: Settings,
    roster: Roster,
    *,
    pace: PaceOf = pace_of,
    waits: asyncio.Event | None = None,
    budget: Budget | None = None,
) -> None:
    """Render the missing lines at the account's pace, and keep them in BATON_LINES_FOLDER.

    A line that Groq refuses to speak, while it speaks others, is left out: it is synthesized when needed.
    `waits` is set once a limit makes rendering wait. `budget` includes what calls spend.
    Raises: OutOfReach (Groq failed before all were rendered; those that were are kept), BadInput.
    """
    wanted, lines, seen = wanted_of(settings, roster), prompt_audio_cache(settings), LimitsSeen()
    speed = pace(seen, settings.groq.speaking_model, waits or asyncio.Event())
    if budget is not None:
        speed.has_room = partial(budget.allows, Spend.PREPARED, [settings.groq.speaking_model])
    speed.remember(await asyncio.to_thread(lines.made, wanted))
    async with make_client(settings.groq, settings.groq_access, seen=seen, budget=budget) as client:
        voices = {voice for voice, _ in wanted}
        patient = _patient(settings.groq)
        speaking = {voice: GroqTTS(client, patient, voice=voice) for voice in voices}
        try:
            missing = await lines.fill(speaking, wanted, speed)
        except OSError as error:
            raise _unkept(settings.worker.lines_folder, error) from error
    if missing:
        _check_failures(settings, lines.failures, missing, all_missing=missing == len(wanted))
    log.info("lines prepared", extra={"missing": missing})


def _patient(settings: GroqSettings) -> GroqSettings:
    """Return settings with longer limits, also after a refusal: no caller waits for these lines."""
    limit_s = max(settings.speaking_limit_s, _PATIENCE_S)
    return settings.model_copy(update={"speaking_limit_s": limit_s, "doubted_limit_s": limit_s})


def _check_failures(
    settings: Settings, failures: Sequence[APIError], missing: int, *, all_missing: bool
) -> None:
    """Raises: BadInput, unless Groq refuses just those lines."""
    model, setting = settings.groq.speaking_model, env_name(GroqSettings, "speaking_model")
    for failure in failures:
        if fault_of(failure) in OF_THE_ACCOUNT:
            raise explain_refusal(
                failure, address=settings.groq_access.base_url, setting=setting, model=model
            )
    passing = [failure for failure in failures if failure.retryable]
    if passing:
        wrong = f"speech for {missing} lines could not be made ({error_label(passing[0])})"
        raise OutOfReach(BASE_URL, wrong, "look at groqstatus.com, or wait")
    if all_missing:
        wrong = f"Groq does not speak with {model!r} ({error_label(failures[0])})"
        raise BadInput(setting, wrong, "name another model; baton doctor tries every voice")


def missing_prompts(settings: Settings, roster: Roster) -> list[PromptKey]:
    """Return the lines that are not made yet, in the order in which calls need them. Blocks."""
    wanted = wanted_of(settings, roster)
    lines = prompt_audio_cache(settings)
    lines.load(wanted)
    return lines.missing(wanted)


def _unkept(folder: Path, error: OSError) -> BadInput:
    setting = env_name(WorkerSettings, "lines_folder")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return OutOfReach(setting, f"the disk of {folder} is full", "make room there")
    return BadInput(setting, f"{folder} cannot be written ({error.strerror})", "name a folder that can be")
