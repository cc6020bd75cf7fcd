"""The fixed lines that each role may have to speak: rendered to audio before the first call."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from urllib.parse import urlparse

from groq import AsyncGroq

from agents.audio.prepared_audio import PromptAudioCache
from agents.groq.errors import BASE_URL, error_label
from agents.groq.tts.groq_tts import GroqTTS
from agents.roster.handoff_lines import lines_for
from agents.roster.role import Role
from agents.roster.roster import Roster
from errors import BadInput, OutOfReach
from persistence.records import RoleName
from settings import GroqSettings, Settings, WorkerSettings, env_name

log = logging.getLogger(__name__)

_RENDERING = 2
"""Raise it when the same line would sound otherwise than before: kept audio is then made anew."""


def prompt_audio_cache(settings: Settings) -> PromptAudioCache:
    """The cache of rendered lines for the speech service and model in use."""
    # The host without its port: a stand-in's port changes at every start, its voices do not.
    host = urlparse(settings.groq_access.base_url).hostname
    origin = f"{host} {settings.groq.speaking_model} {_RENDERING}"
    return PromptAudioCache(settings.worker.lines_folder, origin)


def prompts_by_voice(roster: Roster) -> dict[str, frozenset[str]]:
    """Every line of every role, grouped by voice."""
    wanted: dict[str, frozenset[str]] = {}
    for role in roster.roles.values():
        wanted[role.voice] = wanted.get(role.voice, frozenset()) | _lines_of(roster, role)
    return wanted


def _lines_of(roster: Roster, role: Role) -> frozenset[str]:
    house = role.spoken_lines
    fixed = {
        role.greeting,
        role.opening_line(""),
        house.silence_question,
        house.silence_goodbye,
        house.too_long_goodbye,
        house.one_moment,
        house.still_at_it,
        house.not_understood,
        house.still_not_understood,
        house.never_pauses,
        house.trouble,
        house.trouble_offer,
        house.trouble_held,
        house.trouble_still_held,
        house.trouble_over,
        house.trouble_goodbye,
        house.on_hold,
        house.still_on_hold,
        house.off_hold,
        house.promise_taken_back,
        house.welcome_back,
        house.recovered,
        house.recovered_listening,
        house.thanks,
        house.goodbye,
        house.failed_goodbye,
    }
    handing_over = {
        line
        for name in role.transfers_to
        for asked in (True, False)
        for line in lines_for(roster, role, RoleName(name), asked=asked).all
    }
    # An operator may hand over to any role, and the hold line must start at once.
    others = [other for other in roster.roles if other != role.id]
    on_order = {line for other in others for line in lines_for(roster, role, other, asked=False).hold}
    return frozenset((fixed | handing_over | on_order) - {""})


async def render_prompts(client: AsyncGroq, settings: Settings, roster: Roster) -> None:
    """Render the missing lines, and keep them in BATON_LINES_FOLDER.

    A line that Groq refuses to speak, while it speaks others, is left out: it is synthesized when needed.
    Raises: OutOfReach (Groq failed before all were rendered; those that were are kept), BadInput.
    """
    wanted = prompts_by_voice(roster)
    lines = prompt_audio_cache(settings)
    speaking = {voice: GroqTTS(client, settings.groq, voice=voice) for voice in wanted}
    try:
        missing = await lines.fill(speaking, wanted)
    except OSError as error:
        raise _unkept(settings.worker.lines_folder, error) from error
    passing = [failure for failure in lines.failures if failure.retryable]
    if missing and passing:
        wrong = f"speech for {missing} lines could not be made ({error_label(passing[0])})"
        raise OutOfReach(BASE_URL, wrong, "look at groqstatus.com and at your limits there, or wait")
    if missing and missing == sum(map(len, wanted.values())):
        wrong = (
            f"Groq does not speak with {settings.groq.speaking_model!r} ({error_label(lines.failures[0])})"
        )
        right = "accept the model's terms at console.groq.com, or name another model"
        raise BadInput(env_name(GroqSettings, "speaking_model"), wrong, right)
    log.info("lines prepared", extra={"missing": missing})


def all_prompts_rendered(settings: Settings, roster: Roster) -> bool:
    """Whether every line is there already, so that calls can begin without Groq. Blocks."""
    wanted = prompts_by_voice(roster)
    lines = prompt_audio_cache(settings)
    lines.load(wanted)
    return not lines.missing(wanted)


def _unkept(folder: Path, error: OSError) -> BadInput:
    setting = env_name(WorkerSettings, "lines_folder")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return OutOfReach(setting, f"the disk of {folder} is full", "make room there")
    return BadInput(setting, f"{folder} cannot be written ({error.strerror})", "name a folder that can be")
