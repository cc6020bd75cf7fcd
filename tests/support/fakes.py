"""A handoff's environment without LiveKit, Groq and SQLite: each step takes time, and can fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from errors import LineFailed
from persistence.records import Turn
from transfer.ports import Clock, Spoken, Summary
from transfer.protocol import Answer, Brief, SummaryNote, TakeHandoff, TakeOver

START = 1_700_000_000_000

HOLD_LINE_S, INTRODUCTION_S = 2.0, 3.0


class Steps:
    """Records what happened, in order, as (seconds, step), and injects faults into a step's next runs."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, str]] = []
        self._instead: dict[str, list[Callable[[], Awaitable[None]]]] = {}

    async def __call__(self, step: str) -> None:
        self.taken.append((asyncio.get_running_loop().time(), step))
        if self._instead.get(step):
            await self._instead[step].pop(0)()

    def at(self, step: str, instead: Callable[[], Awaitable[None]], *, times: int = 1) -> None:
        """Run `instead` before the step, the next `times` times. The step raises what `instead` raises."""
        self._instead.setdefault(step, []).extend([instead] * times)

    def count(self, step: str) -> int:
        return sum(1 for _, taken in self.taken if taken == step)

    def when(self, step: str) -> float:
        return next(at for at, taken in self.taken if taken == step)


class LoopClock:
    """`transfer.ports.Clock` on the event loop's virtual time."""

    def now_ms(self) -> int:
        return START + round(asyncio.get_running_loop().time() * 1000)


class FakeVoice:
    """`transfer.ports.Voice`. Fails on two sounds at a time, as the caller would hear both."""

    def __init__(self, step: Steps, clock: Clock) -> None:
        self._step = step
        self._clock = clock
        self.ears_open = True
        self.music = False
        self.speaking = False
        self.reachable = True  # whether a track can be published
        self.said: list[str] = []
        self.happened: list[str] = []
        self.caller_speaks_until: float | None = None  # on the loop's clock
        self.kept: list[str] = []  # what the caller said while the ears were closed
        self.known: list[str] = []  # the part of it that the model has answered
        self._addressed = asyncio.Event()
        self._broken_off = asyncio.Event()
        self.stopped_after_s: float | None = None  # how far into the next line the caller says "stop"

    async def close_ears(self) -> None:
        await self._step("close_ears")
        self.ears_open = False

    def open_ears(self) -> None:
        self.ears_open = True

    async def hear_out(self) -> int | None:
        if self.caller_speaks_until is None or self.caller_speaks_until <= asyncio.get_running_loop().time():
            return None
        await asyncio.sleep(self.caller_speaks_until - asyncio.get_running_loop().time())
        return self._clock.now_ms()

    def unanswered(self) -> tuple[str, ...]:
        return tuple(self.kept)

    def hear(self, words: str) -> None:
        """Let the caller say this while the ears are closed."""
        self.kept.append(words)
        self._addressed.set()

    async def addressed(self) -> tuple[str, ...]:
        await self._addressed.wait()
        self._addressed.clear()
        return tuple(self.kept)

    @property
    def is_addressed(self) -> bool:
        return self._addressed.is_set()

    async def note_answered(self, said: Sequence[str]) -> None:
        assert tuple(self.kept[: len(said)]) == tuple(said), "the oldest are answered first"
        self.known += said
        self.kept = self.kept[len(said) :]

    async def reply(self, words: str) -> Spoken:
        speaking = asyncio.ensure_future(self._speak("reply", words))
        self._broken_off.clear()
        breaking = asyncio.ensure_future(self._broken_off.wait())
        try:
            await asyncio.wait({speaking, breaking}, return_when=asyncio.FIRST_COMPLETED)
            return Spoken(self._clock.now_ms(), speaking.done() and speaking.result())
        finally:
            for task in (speaking, breaking):
                task.cancel()
            await asyncio.gather(speaking, breaking, return_exceptions=True)

    async def break_off(self, within_s: float) -> None:
        await self._step("break_off")
        await asyncio.sleep(within_s)
        self._broken_off.set()

    async def say(self, line: str) -> Spoken:
        whole = await self._speak("introduce" if "Here is" in line else "hold", line)
        return Spoken(self._clock.now_ms(), whole)

    async def start_music(self) -> bool:
        await self._step("start_music")
        assert not self.speaking, "music over words"
        self.music = self.reachable
        return self.reachable

    async def stop_music(self) -> int | None:
        played, ended_at = self.music, self._clock.now_ms()
        try:
            await self._step("stop_music")
        finally:
            self.music = False
        return ended_at if played else None

    async def go_on(self, line: str, *, happened: str) -> None:
        self.happened.append(happened)
        self.open_ears()
        await self._speak("go_on", line)

    async def _speak(self, step: str, line: str) -> bool:
        assert not self.speaking, "two lines at a time"
        assert not self.music, "words over music"
        self.speaking = True
        try:
            await self._step(step)
            stopped_after_s, self.stopped_after_s = self.stopped_after_s, None
            if stopped_after_s is not None:
                await asyncio.sleep(stopped_after_s)
                return False
            await asyncio.sleep(INTRODUCTION_S if step == "introduce" else HOLD_LINE_S)
            self.said.append(line)
            return True
        finally:
            self.speaking = False


class FakeSummarizer:
    def __init__(self, step: Steps) -> None:
        self._step = step

    async def summarize(self, turns: Sequence[Turn], *, reason: str) -> Summary:
        await self._step("summarize")
        await asyncio.sleep(0.6)
        return Summary(
            matter=reason, done="listened", wanted="money back", mood="calm", facts={"order": "17"}
        )


class FakeDispatcher:
    """Starts `arrive` a moment after each dispatch, as a worker starts a job. None: no target ever comes."""

    def __init__(self, step: Steps) -> None:
        self._step = step
        self.arrive: Callable[[TakeHandoff], Awaitable[object]] | None = None
        self.jobs: list[asyncio.Task[object]] = []
        self.dispatched: list[str] = []
        self.withdrawn: list[str] = []

    async def dispatch(self, task: TakeHandoff) -> str:
        await self._step("dispatch")
        await asyncio.sleep(0.05)
        self.dispatched.append(f"dispatch-{task.attempt}")
        if self.arrive is not None:
            self.jobs.append(asyncio.create_task(self._start(task), name="job"))
        return self.dispatched[-1]

    async def withdraw(self, dispatch_id: str) -> None:
        await self._step("withdraw")
        self.withdrawn.append(dispatch_id)

    async def _start(self, task: TakeHandoff) -> None:
        assert self.arrive is not None
        await asyncio.sleep(0.2)
        await self.arrive(task)


class Wire:
    """Both ends of one attempt's private line: `Line` for the holder, and the core of `FakeHolderLine`."""

    def __init__(self, step: Steps, brief: Brief) -> None:
        self._step = step
        self.brief = brief
        self.came = asyncio.Event()
        self.answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.summary: asyncio.Future[SummaryNote] = asyncio.get_running_loop().create_future()
        self.prepared = asyncio.Event()
        self.called: asyncio.Future[TakeOver] = asyncio.get_running_loop().create_future()
        self.taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.target_left = asyncio.Event()
        self.holder_left = asyncio.Event()
        self.released = asyncio.Event()

    async def ready(self) -> None:
        await self._step("ready")
        await self._unless_left(self.came.wait())

    async def answer(self) -> Answer:
        await self._step("answer")
        await self._unless_left(asyncio.shield(self.answered))
        return self.answered.result()

    async def tell(self, summary: SummaryNote) -> None:
        await self._step("tell")
        if not self.summary.done():
            self.summary.set_result(summary)
        await self._unless_left(self.prepared.wait())

    async def take_over(self, asked: TakeOver) -> None:
        await self._step("take_over")
        self.called.set_result(asked)
        await self._unless_left(asyncio.shield(self.taken))
        if not self.taken.result():
            raise LineFailed("it lost the call")

    async def gone(self) -> None:
        await self.target_left.wait()

    async def release(self) -> None:
        await self._step("release")
        self.released.set()

    async def _unless_left(self, work: Awaitable[object]) -> None:
        both = [asyncio.ensure_future(work), asyncio.ensure_future(self.target_left.wait())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not both[0].done():
                raise LineFailed("it left")
        finally:
            for waiting in both:
                waiting.cancel()


class FakeSwitchboard:
    def __init__(self, step: Steps) -> None:
        self._step = step
        self.wires: dict[str, Wire] = {}

    def open(self, task: TakeHandoff, brief: Brief) -> Wire:
        self.wires[task.attempt] = Wire(self._step, brief)
        return self.wires[task.attempt]


class FakeHolderLine:
    """`transfer.ports.HolderLine`: the target's end of a wire. Its steps begin with `target.`."""

    def __init__(self, wire: Wire, step: Steps) -> None:
        self._wire = wire
        self._step = step

    async def ready(self) -> Brief:
        await self._step("target.ready")
        self._wire.came.set()
        return self._wire.brief

    async def answer(self, answer: Answer) -> None:
        await self._step("target.answer")
        if not self._wire.answered.done():
            self._wire.answered.set_result(answer)

    async def summary(self) -> SummaryNote:
        return await asyncio.shield(self._wire.summary)

    def reply_prepared(self) -> None:
        self._wire.prepared.set()

    async def asked_to_take_over(self) -> TakeOver:
        return await asyncio.shield(self._wire.called)

    def reply_taken(self, *, taken: bool) -> None:
        if not self._wire.taken.done():
            self._wire.taken.set_result(taken)

    async def released(self) -> None:
        await self._wire.released.wait()

    async def holder_gone(self) -> None:
        await self._wire.holder_left.wait()


class FakeStage:
    """`transfer.ports.Stage`. `accepts` is its decision, with the reason."""

    def __init__(self, step: Steps, clock: LoopClock, wire: Wire) -> None:
        self._step = step
        self._clock = clock
        self._wire = wire
        self.accepts = (True, "")
        self.decides_on_summary, self.decides_after_s = False, 0.0
        self.soft_start_ms = 0
        self.voice = True
        self.knows: tuple[Brief, SummaryNote | None] | None = None
        self.joined = False
        self.ears_open = False
        self.on_air = False
        self.said: Sequence[str] = ()

    async def join(self) -> None:
        await self._step("target.join")
        await asyncio.sleep(0.1)
        self.joined = True

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        await self._step("target.decide")
        await asyncio.sleep(self.decides_after_s)
        return self.accepts

    async def begin(self, brief: Brief) -> None:
        await self._step("target.begin")
        await asyncio.sleep(0.2)

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        await self._step("target.prepare")
        await asyncio.sleep(0.2)
        self.knows = brief, summary

    async def has_voice(self) -> bool:
        await asyncio.sleep(0)
        return self.voice

    def open_ears(self) -> None:
        self.ears_open = True

    async def go_on_air(self, said: Sequence[str]) -> int:
        await self._step("target.go_on_air")
        assert self.ears_open, "it hears the caller before it speaks"
        self.said = said
        await asyncio.sleep(0.3)
        self.on_air = True
        return self._clock.now_ms()

    async def leave(self) -> None:
        self.joined = self.on_air = False
        self._wire.target_left.set()
        await self._step("target.leave")
