"""Hears what comes from a telephone that was answered: a voice, words, keys, a beep."""

from __future__ import annotations

import logging

from livekit import rtc
from livekit.agents import stt

from agents.audio.at_rate import AtRate
from agents.audio.vad import RATE
from agents.groq.stt.echo import OwnSpeech
from agents.groq.stt.groq_stt import GroqSTT
from agents.people.copier import Copier, voice_source
from agents.phone.asking import Asking
from agents.phone.beep import BeepEar
from agents.phone.own_line import OwnLine
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

_COMES_LIMIT_S = 3.0
"""livekit-server may announce a participant this late."""
_HEARD = {
    stt.SpeechEventType.PREFLIGHT_TRANSCRIPT,
    stt.SpeechEventType.INTERIM_TRANSCRIPT,
    stt.SpeechEventType.FINAL_TRANSCRIPT,
}


class PhoneEar:
    """Passes `asking` what it hears. Made when the telephone is answered: ringing tones are not a voice."""

    def __init__(self, line: OwnLine, hearing: GroqSTT, asking: Asking) -> None:
        self._line, self._asking = line, asking
        self._beep = BeepEar()
        hearing.own_speech = self._own_speech
        hearing.forgets_sounds = True  # ringing tones and menus come before a short "yes"
        self._stream = hearing.stream()
        self._at_rate = AtRate(RATE, self._stream.push_frame)
        self._voice = Copier(
            line.room, line.person, voice_source(), is_open=lambda: False, hear=self.hear_frame
        )
        self._tasks = BackgroundTasks()
        self.saying = ""
        """What we are saying to the person now."""

    def start(self) -> None:
        self._line.on_key = self._asking.hear_key
        self._tasks.start(self._voice.run(), name="hear the telephone")
        self._tasks.start(self._hear_words(), name="what the telephone says")
        self._tasks.start(self._until_gone(), name="the telephone is put down")

    async def stop(self) -> None:
        """Stop hearing the telephone. Never raises."""
        self._line.on_key = None
        await self._tasks.cancel()
        await self._stream.aclose()

    def hear_frame(self, frame: rtc.AudioFrame) -> None:
        """Take the telephone's next mono frame."""
        if self._beep.hears(frame):
            self._asking.hear_beep()
        self._at_rate.hear(frame)

    async def _hear_words(self) -> None:
        async for event in self._stream:
            if event.type == stt.SpeechEventType.START_OF_SPEECH:
                self._asking.hear_voice()
            elif event.type in _HEARD and event.alternatives:
                final = event.type == stt.SpeechEventType.FINAL_TRANSCRIPT
                self._asking.hear_words(event.alternatives[0].text, final=final)
            elif event.type == stt.SpeechEventType.END_OF_SPEECH:
                self._asking.hear_end()

    async def _until_gone(self) -> None:
        if await self._line.comes_within(_COMES_LIMIT_S):
            await self._line.away.wait()
        self._asking.hang_up()

    def _own_speech(self) -> OwnSpeech:
        """Return what we are saying, because the telephone's echo of it is not an answer."""
        return OwnSpeech(self.saying, len(self.saying), audible=bool(self.saying))
