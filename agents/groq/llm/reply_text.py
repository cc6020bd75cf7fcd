"""Passes on a reply's words so that a reply cut at its token limit still ends with a sentence. Pure."""

from __future__ import annotations

from agents.groq.tts.sentences import FIRST_LIMIT, ends_sentence, whole_sentences

AT_ONCE = 2 * FIRST_LIMIT
"""Characters passed on at once, so that speech can start. The rest arrives long before it can be spoken."""


class ReplyText:
    """Passes on the first words at once, then whole sentences."""

    def __init__(self) -> None:
        self._passed = ""
        self._held = ""

    def push(self, words: str) -> str:
        """Return what may be sent now, perhaps nothing."""
        self._held += words
        size = len(self._held) if len(self._passed) < AT_ONCE else whole_sentences(self._held)
        return self._pass_on(size)

    def rest(self) -> str:
        """Return what was held back, once the reply is complete."""
        return self._pass_on(len(self._held))

    @property
    def is_whole(self) -> bool:
        """Whether what was passed on ends with a sentence."""
        return ends_sentence(self._passed.rstrip())

    def _pass_on(self, size: int) -> str:
        words, self._held = self._held[:size], self._held[size:]
        self._passed += words
        return words
