"""An agent's voice and ears: `transfer.ports.Voice` on an AgentSession."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from livekit import rtc
from livekit.agents import NOT_GIVEN, AgentSession, APIError
from livekit.agents.llm import ChatContext, ChatItem, ChatMessage, MetricsReport
from livekit.agents.voice import SpeechHandle

from agents.audio.hold_music import HoldMusic
from agents.audio.prepared_audio import PromptAudio, PromptAudioCache, render_prompt
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import STTActivity
from agents.session.barge_in_transcript import Playback
from agents.session.resumable_output import soft_moment
from agents.session.transcript import kept_message, operator_message, typed_message
from errors import VoiceFailed
from transfer.ports import Clock, Spoken

log = logging.getLogger(__name__)

_FINISH_LIMIT_S = 6.0
_LOOK_S = 0.02


class SessionVoice:
    """One agent's voice. Prepared lines start at once; other lines are synthesised.

    `on_hold`: whether an operator has the caller on hold. Such a caller keeps hearing music after a handoff
    that did not happen. `passed_on`: turns the caller's words into what another agent may have.
    `person_speaks`: whether a person speaks with the caller. The words are then recorded, not answered.
    """

    def __init__(
        self, session: AgentSession[Any], room: rtc.Room, lines: PromptAudioCache, voice: str, clock: Clock
    ) -> None:
        self._session = session
        self._lines = lines
        self._voice = voice
        self._clock = clock
        self._music = HoldMusic(room, clock)
        self._no_hearing = STTActivity()
        self._prepared: dict[str, PromptAudio] = {}  # lines of this call alone
        self._latest: SpeechHandle | None = None  # our latest line
        self._kept: list[ChatMessage] = []  # what the caller said while the ears were closed
        self._addressed = asyncio.Event()
        self.on_hold: Callable[[], bool] = lambda: False
        self.person_speaks: Callable[[], bool] = lambda: False
        self.passed_on: Callable[[Sequence[str]], tuple[str, ...]] = tuple

    async def close_ears(self) -> None:
        """Keep words instead of answering them. The current reply may finish: a cut-off word sounds wrong."""
        if self.person_speaks():
            self._kept = []  # the person has answered what came before
        self._addressed.clear()
        self._hearing.take_words = self._keep_words
        self._session.input.set_audio_enabled(True)
        if (speech := self._session.current_speech) is None:
            return
        try:
            async with asyncio.timeout(_FINISH_LIMIT_S):
                await speech
        except TimeoutError:
            await self._session.interrupt(force=True)

    def open_ears(self) -> None:
        self._hearing.take_words, self._kept = self._keep_words if self.person_speaks() else None, []
        self._hearing.converses = False
        self._session.input.set_audio_enabled(True)
        self._session.reset_away_timer()  # a caller on hold is not silent

    @property
    def ears_closed(self) -> bool:
        return self._hearing.take_words is not None

    def keep(self, message: ChatMessage) -> None:
        """Record these words of the caller for whoever speaks with them next."""
        self._kept.append(message)
        self._addressed.set()
        # Private, but LiveKit itself has no public way to keep a turn without a reply to it.
        self._session._conversation_item_added(message)

    def _keep_words(self, words: str) -> None:
        hearing, now_s = self._hearing, self._clock.now_ms() / 1000 - asyncio.get_running_loop().time()
        began, ended = now_s + hearing.speech_began_at, now_s + hearing.last_speech_at
        metrics: MetricsReport = {"started_speaking_at": began, "stopped_speaking_at": ended}
        self.keep(ChatMessage(role="user", content=[words], metrics=metrics))

    async def hear_out(self) -> int | None:
        ended_at = None
        while self._hearing.transcribing:  # LiveKit does not get kept words, so it has no event for this
            await asyncio.sleep(_LOOK_S)
            since_s = asyncio.get_running_loop().time() - self._hearing.last_speech_at
            ended_at = self._clock.now_ms() - round(1000 * since_s)
        return ended_at

    def unanswered(self) -> tuple[str, ...]:
        self._session.input.set_audio_enabled(False)
        return self.passed_on(_texts(self._kept))

    async def addressed(self) -> tuple[str, ...]:
        await self._addressed.wait()
        self._addressed.clear()
        return _texts(self._kept)

    @property
    def is_addressed(self) -> bool:
        return self._addressed.is_set()

    async def note_answered(self, said: Sequence[str]) -> None:
        answered, self._kept = self._kept[: len(said)], self._kept[len(said) :]
        await self._know(*answered)

    async def take_up(self, kept: Sequence[str], after: SpeechHandle | None) -> None:
        """Let the model answer what the caller said while nobody answered, once `after` has been spoken.

        If the caller interrupts `after`, the answer to that covers both. If `after` is None, the words
        go into the context and are not answered.
        """
        if not kept or self.person_speaks():
            return
        if after is not None:
            await after
        try:
            if after is None or after.interrupted:
                await self._know(kept_message(kept))
            else:
                self._session.generate_reply(user_input=kept_message(kept))
        except RuntimeError:
            log.exception("the caller's words were not answered")

    @property
    def _hearing(self) -> STTActivity:
        """The STT's activity, or an unused one if the STT is of another kind, which keeps no words."""
        return self._session.stt.activity if isinstance(self._session.stt, GroqSTT) else self._no_hearing

    async def say(self, line: str) -> Spoken:
        return await self._spoken(line, converses=False)

    async def reply(self, words: str) -> Spoken:
        return await self._spoken(words, converses=True)

    async def break_off(self, within_s: float) -> None:
        if (audio := self._session.output.audio) is not None:
            await asyncio.sleep(soft_moment(audio, within_s))
        with suppress(RuntimeError):  # nothing is spoken any more
            await self._session.interrupt(force=True)

    async def say_whole(self, line: str) -> None:
        """Speak without interruption. Raises: VoiceFailed."""
        await self._heard(self._line(line, interruptible=False))

    async def speak(self, line: str) -> None:
        """Speak like `announce`, but only log a line that cannot be spoken."""
        try:
            await self.announce(line)
        except VoiceFailed:
            log.exception("line not spoken")

    async def announce(self, line: str) -> bool:
        """Speak interruptibly; returns whether the caller heard the whole line. Raises: VoiceFailed."""
        return await self._heard(self._line(line, interruptible=True))

    async def answer(self, words: str) -> bool:
        """Let the model reply to an operator's words as to the caller's. Returns and raises as `announce`."""
        if self.person_speaks():
            raise VoiceFailed("a person speaks with the caller")
        try:
            speech = self._session.generate_reply(user_input=operator_message(words))
        except RuntimeError as error:
            raise VoiceFailed(str(error)) from error
        return await self._heard(speech)

    async def take_typed(self, words: str) -> None:
        """Take a typed line as the caller's turn: interrupt like speech, and let the model reply.

        If the caller has not heard a word of our latest line, that line is said first: it may be why they
        typed. If a person speaks with the caller, that person reads the typed line. Raises: VoiceFailed.
        """
        if self.person_speaks():
            self.keep(typed_message(words))
            return
        try:
            if (line := self._unheard_line()) is not None:
                await line
            else:
                await self._session.interrupt()
        except RuntimeError:
            await self.finished()  # a line that may not be interrupted
        try:
            speech = self._session.generate_reply(user_input=typed_message(words), input_modality="text")
        except RuntimeError as error:
            raise VoiceFailed(str(error)) from error
        self._session.reset_away_timer()
        await self._heard(speech)

    def _unheard_line(self) -> SpeechHandle | None:
        """Return our latest line if it is not over and the caller has heard no word of what plays now."""
        line, audio = self._latest, self._session.output.audio
        if line is None or line.done() or not isinstance(audio, Playback) or not audio.unheard:
            return None
        return line

    async def prepare(self, line: str) -> None:
        """Synthesise a line that is said once, so that it starts at once. Raises: VoiceFailed."""
        if self._session.tts is None or self._lines.line(self._voice, line) is not None:
            return
        try:
            self._prepared[line] = await render_prompt(self._session.tts, line)
        except (APIError, RuntimeError) as error:
            raise VoiceFailed(type(error).__name__) from error

    async def finished(self) -> None:
        """Return when the current speech is over."""
        if (speech := self._session.current_speech) is not None:
            await speech

    async def _spoken(self, line: str, *, converses: bool) -> Spoken:
        self._hearing.converses = converses
        whole = await self.announce(line)
        return Spoken(self._clock.now_ms(), whole)

    def _line(self, line: str, *, interruptible: bool) -> SpeechHandle:
        prepared = self._lines.line(self._voice, line) or self._prepared.pop(line, None)
        audio = NOT_GIVEN if prepared is None else prepared.play()
        try:
            self._latest = self._session.say(line, audio=audio, allow_interruptions=interruptible)
        except RuntimeError as error:
            raise VoiceFailed(str(error)) from error
        return self._latest

    async def _heard(self, speech: SpeechHandle) -> bool:
        try:
            await speech
        except asyncio.CancelledError:
            speech.interrupt(force=True)  # a cancelled line must not be heard
            raise
        if failure := speech.exception():
            raise VoiceFailed("the line was not spoken to its end") from failure
        return not speech.interrupted

    @property
    def music_plays(self) -> bool:
        return self._music.plays

    async def start_music(self) -> bool:
        return await self._music.start()

    async def stop_music(self) -> int | None:
        return await self._music.stop()

    async def go_on(self, line: str, *, happened: str) -> None:
        await self.add_to_context(happened)
        kept = _texts(self._kept)
        self.open_ears()
        speech = None
        try:
            if not self.on_hold():
                speech = self._line(line, interruptible=True)
                await self._heard(speech)
        except VoiceFailed:
            log.exception("line not spoken")
        await self.take_up(kept, speech)

    async def add_to_context(self, happened: str) -> None:
        """Add a system message to the model's context, unheard by the caller."""
        await self._know(ChatMessage(role="system", content=[happened]))

    async def _know(self, *messages: ChatMessage) -> None:
        agent = self._session.current_agent
        context = agent.chat_ctx.copy()
        context.insert(list(messages))
        await agent.update_chat_ctx(context)

    async def forget(self, lines: Collection[str]) -> None:
        """Remove these spoken lines from the model's context. The transcript keeps them."""
        agent = self._session.current_agent
        kept = [item for item in agent.chat_ctx.items if not _is_one_of(item, lines)]
        await agent.update_chat_ctx(ChatContext(kept))


def _texts(kept: Sequence[ChatMessage]) -> tuple[str, ...]:
    return tuple(message.text_content or "" for message in kept)


def _is_one_of(item: ChatItem, lines: Collection[str]) -> bool:
    return isinstance(item, ChatMessage) and item.role == "assistant" and item.text_content in lines
