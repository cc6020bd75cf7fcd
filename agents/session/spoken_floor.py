"""The agent's side of turn taking: an AgentSession's speech as `agents.turns.Floor`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from livekit.agents import AgentSession

from agents.session.barge_in_transcript import Playback
from agents.session.resumable_output import ResumableOutput
from agents.turns.expectation import Expects, asked_for, is_question


class SpokenFloor:
    """A started session's floor. `opening_asks`: what the agent's first words ask for, as its role says."""

    def __init__(
        self,
        session: AgentSession[Any],
        output: ResumableOutput,
        playback: Playback,
        opening_asks: Expects | None = None,
    ) -> None:
        self._session, self._output, self._playback = session, output, playback
        self._opening_asks = opening_asks
        self._begun = 0

    @property
    def agent_speaks(self) -> bool:
        return self._output.audible

    @property
    def agent_replies(self) -> bool:
        return self._session.current_speech is not None or self._output.audible

    @property
    def asked(self) -> Expects | None:
        if self._playback.replies <= 1 and self._opening_asks is not None:
            return self._opening_asks
        return asked_for(self._playback.whole_text)

    @property
    def question_is_open(self) -> bool:
        return is_question(self._playback.whole_text)

    def hold(self) -> None:
        speech = self._session.current_speech
        if speech is None or speech.allow_interruptions:
            self._output.hold()
            self._playback.stop_clock()

    def go_on(self) -> None:
        self._output.release()
        self._playback.start_clock()

    async def give_way(self) -> None:
        with suppress(RuntimeError):  # a line that may not be interrupted
            await self._session.interrupt()
        if self._output.audible and self._output.silenced:  # a filler, which the session does not know
            self._output.clear_buffer()
        self._output.release()
