"""A person or a machine says yes on a telephone: on a real livekit-server, with a real SIP phone.

Here the stand-in recognizes the sentences of the benchmark's answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.phone.answers import Answer, answers
from bench.phone.script import write_script
from persistence.phones import DialState
from persistence.records import HandoffState
from tests.phone.called_world import PhoneWorld, phone_world
from tests.support.conversation import Conversation, conversation, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

_LIMIT_S = 40.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneWorld]:
    folder = tmp_path_factory.mktemp("who-answers")
    script = write_script(folder / "script.yaml", answers())
    async with phone_world(folder, script=script) as running:
        yield running


def answering(kind: str, words: str, then: str = "") -> Answer:
    return next(
        each for each in answers().all if each.kind == kind and words in each.says and each.then == then
    )


@pytest.mark.fault("T30")
async def test_a_yes_to_the_question_takes_the_caller_and_one_before_it_does_not(
    world: PhoneWorld, tmp_path: Path
) -> None:
    """They answer with "yes", listen to the end, and say yes again."""
    phone, says = world.phone, answering("person", "yes", "yes")
    await phone.play(answers().sound(says, tmp_path).path)
    await phone.answers(0.5)
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.ANSWERED)
        await phone.until("quiet", times=len(phone.all("quiet")) + 1, limit_s=_LIMIT_S)
        (dial,) = await world.dials(talk)
        assert dial.state is DialState.ANSWERED, "it was how they answer the telephone"
        await phone.play(answers().reply(says, tmp_path).path)
        await talk.handoff(HandoffState.COMPLETED)
        await phone.hang_up()
        await talk.ended()


@pytest.mark.fault("T30")
async def test_a_key_during_the_brief_brings_the_question_at_once_and_the_next_key_the_caller(
    world: PhoneWorld,
) -> None:
    phone = world.phone
    heard, quiet = len(phone.all("hears")), len(phone.all("quiet"))
    await phone.answers(0.5)
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        await phone.until("hears", times=heard + 1, limit_s=_LIMIT_S)
        await phone.press("1")
        await phone.until("quiet", times=quiet + 1, limit_s=_LIMIT_S)
        (dial,) = await world.dials(talk)
        assert dial.state is DialState.ANSWERED, "they are asked"
        await phone.press("1")
        await talk.handoff(HandoffState.COMPLETED)
        await phone.hang_up()
        await talk.ended()


@pytest.mark.fault("T30")
async def test_a_machine_that_says_press_one_and_dials_it_itself_gets_no_caller(
    world: PhoneWorld, tmp_path: Path
) -> None:
    """House.md has no words that identify it. It only shows itself by dialling before it is asked."""
    phone, machine = world.phone, answering("screening", "please say who you are and press one")
    sound = answers().sound(machine, tmp_path)
    heard = len(phone.all("sound"))
    await phone.play(sound.path)
    await phone.answers(0.5)
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        await world.hands_over(talk)
        began = (await phone.until("sound", times=heard + 1, limit_s=_LIMIT_S)).at
        await asyncio.sleep(max(0.0, began + sound.ends_s - asyncio.get_running_loop().time()))
        await phone.press("1")
        await world.dial_in(talk, DialState.NOT_ACCEPTED)
        await talk.handoff(HandoffState.DECLINED)


@pytest.mark.fault("T31")
async def test_redis_that_restarts_while_it_rings_leaves_the_caller_with_the_desk(world: PhoneWorld) -> None:
    """Trunks exist only in Redis, which keeps them on its disk. Afterwards, the next call goes through."""
    phone = world.phone
    await phone.rings_on()
    async with conversation(world.stack) as talk:
        await talk.is_greeted()
        said = len(await talk.turns())
        await world.hands_over(talk)
        await world.dial_in(talk, DialState.RINGING)
        await world.network.redis.kill()
        await world.network.redis.start()
        await talk.handoff(HandoffState.DECLINED)
        (dial,) = await world.dials(talk)
        assert dial.state in {DialState.NO_ANSWER, DialState.UNREACHABLE}
        await world.nobody_is_left(dial.call_id)
        await phone.hang_up()
        await until(lambda: told(talk, said + 2), "the hold line, and what became of it")
        await talk.listens()
        await phone.refuses(486)
        await world.hands_over(talk)
        await talk.handoff(HandoffState.DECLINED, number=2)
        await world.dial_in(talk, DialState.BUSY, number=2)


async def told(talk: Conversation, turns: int) -> bool:
    return len(await talk.turns()) >= turns
