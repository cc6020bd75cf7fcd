"""What a waiting room shares between all callers: settings, lines, music and the store. Made once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np

from agents.audio.prepared_audio import PromptAudioCache
from agents.audio.spare_voice import spare_for, speak
from agents.process.process_context import ParentWorker
from agents.process.spoken_prompts import prompt_audio_cache
from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster
from agents.roster.shared_prompts import HouseLines
from agents.roster.waiting_lines import every_line
from agents.waiting.mix import SAMPLE_RATE, Samples
from agents.waiting.sound import samples_of
from persistence.contract.store import Store
from persistence.records import RoleName
from persistence.write_queue import WriteQueue
from settings import Settings
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock


@dataclass
class WaitingMeans:
    """One waiting room's means. All callers hear the voice of the role that answers calls."""

    parent: ParentWorker
    settings: Settings
    store: Store
    server: ServerApi
    clock: Clock
    roster: Roster
    write_queue: WriteQueue = field(default_factory=WriteQueue)
    music: Samples = field(default_factory=lambda: np.zeros(0, np.int16))

    def __post_init__(self) -> None:
        self._lines: PromptAudioCache = prompt_audio_cache(self.settings)
        self._ready: dict[str, Samples] = {}
        self._spare: dict[str, Samples] = {}

    @property
    def first_role(self) -> Role:
        return self.roster.first_role(self.settings.call)

    @property
    def lines(self) -> HouseLines:
        return self.first_role.spoken_lines

    def role(self, name: str | None, called: str) -> Role:
        """Return the role that will answer: the named one if it exists, the called number's, or the first."""
        by_number = None if name else self.roster.role_called(called)
        return self.roster.roles.get(RoleName(name or ""), by_number or self.first_role)

    async def load_lines(self) -> None:
        """Load the lines that are made. The spare voice says the others until they are."""
        voice = self.first_role.voice
        wanted = [(voice, line) for line in every_line(self.lines)]
        if missing := self._lines.missing(wanted):
            await asyncio.to_thread(self._lines.load, missing)
        for _, words in self._lines.missing(wanted):
            if words not in self._spare:
                self._spare[words] = await speak(words, spare_for(voice), rate=SAMPLE_RATE)

    def line(self, words: str) -> Samples:
        """Return a line of `every_line` as samples."""
        if words not in self._ready and (line := self._lines.line(self.first_role.voice, words)):
            self._ready[words] = samples_of(line)
        return self._ready[words] if words in self._ready else self._spare[words]


def read_roster(settings: Settings) -> Roster:
    return load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split(), documents=False)
