"""From the caller's last word to the first word of the desk that they asked for."""

from __future__ import annotations

from bench.support.dialogue import SPEECH_LIMIT_S
from bench.support.environment import NotMeasured
from bench.turns import scoring
from bench.turns.cases import Line
from bench.turns.figures import BATON, Handoff, Measured
from bench.turns.round import Round
from bench.turns.talk import talk_with

_ENOUGH_MS = 1_500  # of the target's voice, so that the holder's last sound is in the recording


async def handoff(this: Round, place: int, line: Line) -> list[Measured]:
    """Play one call with a handoff. Raises: NotMeasured, TimeoutError."""
    async with talk_with(this.env, BATON) as talk:
        said = await talk.say(line)
        target = await talk.caller.hears(other_than={talk.agent}, limit_s=SPEECH_LIMIT_S)
        await talk.caller.hears(target, since_ms=talk.caller.now_ms + _ENOUGH_MS, limit_s=SPEECH_LIMIT_S)
    talk.record(this.recording(f"handoff-{place + 1}"))
    holder, second = talk.sounds(), talk.sounds(target)
    if not holder or not second:
        raise NotMeasured("the holder or the target was not heard")
    return [
        Handoff(
            line,
            to_target_ms=second[0].start_ms - said.end_ms,
            seam_ms=second[0].start_ms - holder[-1].end_ms,
            overlap_ms=scoring.overlap_ms(holder, second),
        )
    ]
