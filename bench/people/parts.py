"""The benchmark's parts: their rounds and figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.people.accepting import Accepted, model_takes, person_takes
from bench.people.barging import barges, refused_to_a_viewer
from bench.people.bridging import bridged
from bench.people.browsers import desk_page, page_takes, pages_accept
from bench.people.figures import drift_ms_a_minute
from bench.people.office import PEOPLE, Office
from bench.people.queueing import Killed, Rows, Services, accepts_at_once, over_kills, rows_of
from bench.people.simulating import simulated
from bench.people.whispering import Whispered, whispers
from bench.soak.environment import Environment as Processes
from bench.support.measuring import Measuring
from bench.support.statistics import median, percentile, ratio
from local.desk.client import Desk
from local.desk.supervisor import signed_in
from persistence.access import EVERYTHING, WATCHES, Right

Figures = dict[str, float | int | None]

_CALL_LIMIT_S, _QUEUE_LIMIT_S = 120.0, 900.0
_BARGES_A_CALL, _AT_ONCE, _CALLERS = 5, 50, 24


@dataclass(frozen=True, slots=True)
class Run:
    """What every part needs. `seconds`: of talk over the bridge. `step` shows a figure immediately."""

    office: Office
    folder: Path
    measuring: Measuring
    step: Callable[[str], None]
    rounds: int
    seconds: int

    async def at_desk(self) -> AbstractAsyncContextManager[Desk]:
        return self.office.at_desk(await self.desk_token(PEOPLE[0]))

    async def desk_token(self, name: str) -> str:
        return await self.office.token_of(name, frozenset({Right.DESK}))


async def accept(run: Run) -> Figures:
    """Measure a person's and a model's handoff in turn. The last round is in a real browser."""
    people: list[Accepted] = []
    models: list[int] = []

    async def person(where: str, takes: Callable[[], Awaitable[Accepted]]) -> None:
        people.extend(await run.measuring.measure(where, takes, _accepted, limit_s=_CALL_LIMIT_S))

    async with await run.at_desk() as desk:
        for number in range(1, run.rounds):
            where = f"accept, round {number} of {run.rounds}"
            await person(where, lambda: person_takes(run.office, desk))
            models += await run.measuring.measure(
                f"{where}, a model",
                lambda: model_takes(run.office),
                lambda ms: f"seam {ms} ms",
                limit_s=_CALL_LIMIT_S,
            )
    await person(f"accept, round {run.rounds}, in Chromium", lambda: _in_a_browser(run))
    if not people or not models:
        return {}
    return {
        "accept_p95_ms": percentile([one.after_ms for one in people], 95),
        "seam_ratio": ratio(median([one.seam_ms for one in people]), median(models)),
    }


async def _in_a_browser(run: Run) -> Accepted:
    token = await run.desk_token(PEOPLE[0])
    async with desk_page(run.folder, run.office.address, token) as page:
        return await page_takes(run.office, page)


def _accepted(one: Accepted) -> str:
    return f"heard {one.after_ms} ms after the click, seam {one.seam_ms} ms"


async def bridge(run: Run) -> Figures:
    async with await run.at_desk() as desk:
        calls = await run.measuring.measure(
            f"bridge, {run.seconds} s",
            lambda: bridged(run.office, desk, run.seconds),
            lambda found: f"{len(found)} lines each way",
            limit_s=_CALL_LIMIT_S + run.seconds,
        )
    lines = [line for call in calls for line in call]
    if not lines:
        return {}
    ways = {
        "to the caller": [(line.at_s, line.to_caller_ms) for line in lines],
        "to the person": [(line.at_s, line.to_person_ms) for line in lines],
    }
    for way, delays in ways.items():
        later = [ms for _, ms in delays]
        run.step(
            f"{way}: {median(later):.0f} ms later than a direct track, p95 {percentile(later, 95):.0f} ms, "
            f"drift {drift_ms_a_minute(delays):+.1f} ms a minute"
        )
    return {"bridge_ms": round(max(median([ms for _, ms in delays]) for delays in ways.values()), 1)}


async def whisper(run: Run) -> Figures:
    """Search for tones at the caller's. Every other round kills the process between person and caller."""
    found: list[list[Whispered]] = []
    office, processes = run.office, Processes(run.office.stack, run.office.api, run.office.store)
    supervisor = await office.token_of("Ann", EVERYTHING)
    async with await run.at_desk() as desk, signed_in(office.address, supervisor) as http:
        for number in range(1, run.rounds + 1):
            kill = number % 2 == 0
            found += await run.measuring.measure(
                f"whisper, round {number} of {run.rounds}",
                lambda kill=kill: whispers(office, desk, http, processes, kill=kill),  # type: ignore[misc]
                lambda tones: ", ".join(f"{one.what} {one.below_db:.0f} dB lower" for one in tones),
                limit_s=_CALL_LIMIT_S,
            )
    return {"whisper_leaks": sum(any(one.leaked for one in tones) for tones in found)} if found else {}


async def queue(run: Run) -> Figures:
    """Test the queue in virtual time, and on the stack with a second service."""
    office, found = run.office, Figures()
    for days in await run.measuring.measure(
        "queue, in virtual time",
        lambda: simulated(run.folder),
        lambda one: f"the spoken wait was wrong by {one.wait_error:.0%}; broken: {sum(one.broken.values())}",
        limit_s=_QUEUE_LIMIT_S,
    ):
        found |= {**days.broken, "wait_error": round(days.wait_error, 3)}
    for winners in await run.measuring.measure(
        "queue, two accept in Chromium",
        lambda: _in_chromium(run),
        lambda winners: f"{winners} of 2 have the caller",
        limit_s=_CALL_LIMIT_S,
    ):
        _add(found, two_winners=int(winners != 1))
    async with AsyncExitStack() as opened:
        services = Services(office, run.folder, opened)
        await services.start("two")
        rows = await opened.enter_async_context(rows_of(office))
        for wrong in await run.measuring.measure(
            f"queue, {_AT_ONCE} times two accept at once",
            lambda: _at_once(run, rows, services),
            lambda wrong: f"{wrong} times not just one had the caller",
            limit_s=_QUEUE_LIMIT_S,
        ):
            _add(found, two_winners=wrong)
        for killed in await run.measuring.measure(
            "queue, processes killed", lambda: _over_kills(run, rows, services), str, limit_s=_QUEUE_LIMIT_S
        ):
            _add(
                found,
                two_winners=killed.two_winners,
                overtaken=killed.overtaken,
                forgotten=killed.forgotten,
            )
    return found


async def _in_chromium(run: Run) -> int:
    office = run.office
    tokens = [await run.desk_token(name) for name in PEOPLE[:2]]
    async with (
        desk_page(run.folder, office.address, tokens[0]) as one,
        desk_page(run.folder, office.address, tokens[1]) as other,
    ):
        return await pages_accept(office, (one, other))


async def _at_once(run: Run, rows: Rows, services: Services) -> int:
    """Let two people accept at once, each by a service of their own."""
    office, tokens = run.office, [await run.desk_token(name) for name in PEOPLE[:2]]
    async with (
        office.at_desk(tokens[0]) as one,
        office.at_desk(tokens[1], services.addresses["two"]) as other,
    ):
        return await accepts_at_once(rows, one, other, _AT_ONCE)


async def _over_kills(run: Run, rows: Rows, services: Services) -> Killed:
    tokens = [await run.desk_token(name) for name in PEOPLE]
    async with AsyncExitStack() as opened:
        for token in tokens:  # they are available, and send heartbeats
            await opened.enter_async_context(run.office.at_desk(token, services.addresses["two"]))
        return await over_kills(rows, services, tokens, _CALLERS)


def _add(found: Figures, **more: int) -> None:
    for name, value in more.items():
        found[name] = (found.get(name) or 0) + value


async def barge(run: Run) -> Figures:
    barged: list[int] = []
    office = run.office
    tokens = await office.token_of("Zoe", EVERYTHING), await office.token_of("Vera", WATCHES)
    async with signed_in(office.address, tokens[0]) as http, signed_in(office.address, tokens[1]) as viewer:
        await run.measuring.measure(
            "barge, a viewer",
            lambda: refused_to_a_viewer(office, viewer),
            lambda _: "403 for every verb",
            limit_s=_CALL_LIMIT_S,
        )
        for first in range(0, run.rounds, _BARGES_A_CALL):
            times = min(_BARGES_A_CALL, run.rounds - first)
            for of_call in await run.measuring.measure(
                f"barge, rounds {first + 1} to {first + times}",
                lambda times=times: barges(office, http, times),  # type: ignore[misc]
                lambda found: f"the model silent after {found} ms",
                limit_s=_CALL_LIMIT_S,
            ):
                barged += of_call
    return {"barge_p95_ms": percentile(barged, 95)} if barged else {}


PARTS = {"accept": accept, "bridge": bridge, "whisper": whisper, "barge": barge, "queue": queue}
"""The parts, in this order: the last one kills the stack's processes."""
