"""A role's own tools in a call: each use is recorded first and ends in words; with `once` it happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import RunContext
from livekit.agents.llm import ChatContext, ToolError, ToolResult
from pydantic import SecretStr

from agents.call.active_call import ActiveCall
from agents.call.tool_uses import ToolUses
from agents.keys.typed_numbers import TypedNumbers
from agents.redaction.kinds import Kind
from agents.redaction.redactor import Redactor
from agents.roster.roster import load_roster
from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Policy, Use
from agents.tools.row import new_use
from persistence.records import Call, JobId, ToolUse, ToolUseState, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.fakes import START, LoopClock
from tests.support.handoff_world import CALL, FRONT_DESK, HOLDER
from tests.support.memory_store import MemoryStore
from tests.unit.agents.roster.test_roster import ROSTER, VOICES
from transfer.protocol import Fact

pytestmark = pytest.mark.looptime

WORKER = WorkerId("worker-1")
SCHEMA = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "pin": {"type": "string"}},
    "required": ["number"],
}
Work = Callable[[dict[str, Any], Use], Any]


async def found(arguments: dict[str, Any], _: Use) -> str:
    return f"invoice {arguments['number']} is paid"


class AtWork:
    """A call in a job's hands, without LiveKit. `seen`: each use with which the tool was called."""

    def __init__(
        self, store: MemoryStore | None = None, job: JobId = HOLDER, redact: Collection[Kind] = ()
    ) -> None:
        self.store = store or MemoryStore()
        self.queue = WriteQueue()
        self.row = Call(CALL, "room-1", "caller-1", FRONT_DESK, job, WORKER, START)
        self.facts: dict[str, Fact] = {}
        self.seen: list[Use] = []
        self.noted: list[str] = []
        self.typed = TypedNumbers()
        self.context = ChatContext.empty()
        self.context.add_message(role="user", content="Look at invoice 4711, please.")
        roster = load_roster(ROSTER, voices=VOICES)
        settings = SimpleNamespace(livekit=SimpleNamespace(api_secret=SecretStr("secret")))
        call = SimpleNamespace(
            ctx=SimpleNamespace(job=SimpleNamespace(id=job)),
            process=SimpleNamespace(
                clock=LoopClock(), roster=roster, write_queue=self.queue, settings=settings
            ),
            redactor=Redactor(redact),
            store=self.store,
            role=roster.role("front-desk"),
            row=self.row,
            facts=self.facts,
            typed=self.typed,
            voice=SimpleNamespace(add_to_context=self._note),
        )
        self.uses = ToolUses(cast(ActiveCall, call))

    async def _note(self, happened: str) -> None:
        self.noted.append(happened)

    async def begins(self) -> AtWork:
        await self.store.open_call(self.row)
        return self

    async def uses_tool(self, work: Work = found, *, pin: str = "", **policy: Any) -> str:
        async def noted(arguments: dict[str, Any], use: Use) -> object:
            self.seen.append(use)
            return await work(arguments, use)

        fields = {"limit_s": 5.0, "secret": frozenset({"pin"}), **policy}
        tool = OwnTool("look_up", "Looks it up.", SCHEMA, Policy(**fields), "python", "x.md:1", noted)
        return await self.uses_own(tool, {"number": 4711} | ({"pin": pin} if pin else {}))

    async def uses_own(self, tool: OwnTool, arguments: dict[str, Any]) -> str:
        session = SimpleNamespace(current_agent=SimpleNamespace(chat_ctx=self.context))
        context = cast(RunContext[ActiveCall], SimpleNamespace(session=session))
        told = await self.uses.use(tool, arguments, context)
        return str(told.output) if isinstance(told, ToolResult) else told

    async def rows(self) -> list[ToolUse]:
        await self.queue.settled(5)
        return list(await self.store.tool_uses(CALL))


async def test_what_a_tool_finds_is_told_as_data_recorded_and_a_fact() -> None:
    here = await AtWork().begins()
    told = await here.uses_tool()
    (row,) = await here.rows()
    assert told.endswith("\ninvoice 4711 is paid")
    assert "data" in told
    assert (row.state, row.answer, row.arguments) == (
        ToolUseState.DONE,
        "invoice 4711 is paid",
        '{"number": 4711}',
    )
    assert here.facts == {"look_up (number 4711)": Fact(value="invoice 4711 is paid", source="tool")}


async def test_its_row_is_there_before_it_is_called() -> None:
    here = await AtWork().begins()

    async def look(_: dict[str, Any], __: Use) -> str:
        (row,) = await here.store.tool_uses(CALL)
        return str(row.state)

    assert (await here.uses_tool(look)).endswith("begun")


async def test_a_tool_that_never_answers_ends_at_its_limit_even_if_it_heeds_no_cancelling() -> None:
    here, held = await AtWork().begins(), asyncio.Event()

    async def stubborn(_: dict[str, Any], __: Use) -> str:
        while not held.is_set():
            try:
                await held.wait()
            except asyncio.CancelledError:
                continue
        return "too late"

    began = asyncio.get_running_loop().time()
    told = await here.uses_tool(stubborn)
    assert asyncio.get_running_loop().time() - began == pytest.approx(5, abs=0.1)
    assert "has not answered in time" in told
    assert [row.state for row in await here.rows()] == [ToolUseState.LATE]
    held.set()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("error", "once", "state", "words"),
    [
        (NotDone("no such invoice"), True, ToolUseState.FAILED, "nothing was done"),
        (MaybeDone("it broke off"), True, ToolUseState.UNKNOWN, "Nobody knows"),
        (ValueError("the caller's words"), True, ToolUseState.UNKNOWN, "Nobody knows"),
        (ValueError("the caller's words"), False, ToolUseState.FAILED, "nothing was done"),
    ],
)
async def test_a_tool_that_raises_ends_in_words_and_a_log_line_without_arguments(
    error: Exception, once: bool, state: ToolUseState, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    here = await AtWork().begins()

    async def fails(_: dict[str, Any], __: Use) -> str:
        raise error

    caplog.set_level("INFO")
    told = await here.uses_tool(fails, once=once)
    assert words in told
    assert "the caller's words" not in told + caplog.text + str([vars(record) for record in caplog.records])
    assert [row.state for row in await here.rows()] == [state]
    assert "4711" not in caplog.text


async def test_a_secret_argument_is_in_no_row_fact_or_answer() -> None:
    here = await AtWork().begins()

    async def echoes(arguments: dict[str, Any], _: Use) -> str:
        return f"paid with {arguments['pin']}"

    told = await here.uses_tool(echoes, pin="4929-1234")
    kept = f"{told} {await here.rows()} {here.facts}"
    assert "4929-1234" not in kept
    assert "paid with •••" in kept


async def test_what_a_role_redacts_is_in_no_row_or_fact_and_its_model_and_the_tool_have_it() -> None:
    here = await AtWork(redact=["email"]).begins()

    async def tells(_: dict[str, Any], __: Use) -> str:
        return "ask jane@example.com"

    told = await here.uses_tool(tells)
    kept = f"{await here.rows()} {here.facts}"
    assert "jane" not in kept
    assert "ask [e-mail address]" in kept
    assert "ask jane@example.com" in told


async def test_two_numbers_that_look_alike_once_redacted_are_two_uses() -> None:
    tool = OwnTool("call_back", "", SCHEMA, Policy(limit_s=5, once=True), "python", "x.md:1", found)

    def use(phone: str) -> ToolUse:
        made = new_use(
            tool,
            {"phone": phone},
            call=CALL,
            role=FRONT_DESK,
            job=HOLDER,
            at=START,
            redactor=Redactor(["telephone"]),
            key=SecretStr("secret"),
        )
        assert made.arguments == '{"phone": "[telephone number]"}'
        return made

    one, same, other = use("020 7946 0958"), use("020 7946 0958"), use("020 7946 0959")
    assert one.idempotency_key == same.idempotency_key != other.idempotency_key
    assert one.arguments_hash != sha256(b'{"phone": "020 7946 0958"}').hexdigest()


async def test_what_happens_once_is_not_done_again_and_its_answer_is_told_again() -> None:
    here = await AtWork().begins()
    first = await here.uses_tool(once=True)
    second = await here.uses_tool(once=True)
    assert len(here.seen) == 1
    assert "done before" in second
    assert first in second


async def test_asked_again_while_it_works_it_is_at_work() -> None:
    here, go_on = await AtWork().begins(), asyncio.Event()

    async def waits(_: dict[str, Any], __: Use) -> str:
        await go_on.wait()
        return "done"

    first = asyncio.create_task(here.uses_tool(waits, once=True))
    await asyncio.sleep(1)
    assert here.uses.working
    assert "still at work" in await here.uses_tool(once=True)
    go_on.set()
    assert (await first).endswith("\ndone")
    assert not here.uses.working


async def test_another_process_learns_that_nobody_knows_and_sends_the_same_key_never_again() -> None:
    here = await AtWork().begins()
    lost = asyncio.create_task(here.uses_tool(lambda *_: asyncio.sleep(60), once=True))
    await asyncio.sleep(1)
    (row,) = await here.rows()
    after = AtWork(here.store, JobId("job-2"))
    await here.store.keep_lease(WORKER, "host", lease_s=10, draining=False)
    await here.store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await here.store.recover_call(
        CALL, job=HOLDER, by=JobId("job-2"), role=FRONT_DESK, worker=WORKER, at=START
    )
    await here.store.lose_tool_uses(CALL, by=JobId("job-2"), at=START)
    assert "Nobody knows" in await after.uses_tool(once=True)
    assert after.seen == []
    assert here.seen[0].key == row.idempotency_key
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)


async def test_without_its_row_it_is_not_done() -> None:
    here = AtWork()  # no call in the store
    with pytest.raises(ToolError, match="nothing was done"):
        await here.uses_tool(once=True)
    assert here.seen == []


async def test_a_call_that_ends_waits_for_no_tool_and_what_happens_once_goes_on_to_its_end() -> None:
    here, go_on = await AtWork().begins(), asyncio.Event()

    async def waits(_: dict[str, Any], __: Use) -> str:
        await go_on.wait()
        return "refunded"

    use = asyncio.create_task(here.uses_tool(waits, once=True))
    await asyncio.sleep(1)
    here.uses.stop()
    assert "still at work" in await use
    finished = asyncio.create_task(here.uses.finished())
    go_on.set()
    await finished
    assert [(row.state, row.answer) for row in await here.rows()] == [(ToolUseState.DONE, "refunded")]


async def test_a_tool_that_needs_a_yes_is_done_after_the_callers_yes_alone() -> None:
    here = await AtWork().begins()
    with pytest.raises(ToolError, match="needs the caller's yes"):
        await here.uses_tool(confirm=True)
    here.context.add_message(role="assistant", content="Shall I look at invoice 4711?")
    here.context.add_message(role="user", content="Yes, please.")
    assert (await here.uses_tool(confirm=True)).endswith("is paid")


async def test_arguments_that_do_not_fit_are_told_without_their_values() -> None:
    here = await AtWork().begins()
    tool = OwnTool("look_up", "Looks it up.", SCHEMA, Policy(5.0), "python", "x.md:1", found)
    with pytest.raises(ToolError) as refused:
        await here.uses.use(tool, {"number": "the caller's words"}, cast(RunContext[ActiveCall], None))
    assert 'number: type should be "integer"' in str(refused.value)
    assert "words" not in str(refused.value)


async def test_a_handoff_during_a_use_tells_the_next_desk_that_it_has_begun_and_later_how_it_ended() -> None:
    here, go_on = await AtWork().begins(), asyncio.Event()

    async def waits(_: dict[str, Any], __: Use) -> str:
        await go_on.wait()
        return "refunded"

    use = asyncio.create_task(here.uses_tool(waits, once=True))
    await asyncio.sleep(1)
    next_desk = AtWork(here.store, JobId("job-2"))
    next_desk.facts.update(here.facts)  # as the brief passes them on
    assert "has begun" in here.facts["look_up (number 4711)"].value
    following = asyncio.create_task(next_desk.uses.follow_earlier_uses())
    await asyncio.sleep(1)
    assert next_desk.noted == []
    go_on.set()
    await use
    await following
    assert next_desk.facts == {"look_up (number 4711)": Fact(value="refunded", source="tool")}
    assert next_desk.noted == ['[{"name": "look_up (number 4711)", "value": "refunded", "source": "tool"}]']


async def test_the_latest_facts_of_tools_are_kept() -> None:
    here = await AtWork().begins()
    here.facts["sip.phoneNumber"] = Fact(value="+1555", source="token")
    for number in range(12):
        tool = OwnTool("look_up", "Looks it up.", SCHEMA, Policy(5.0), "python", "x.md:1", found)
        await here.uses.use(tool, {"number": number}, cast(RunContext[ActiveCall], None))
    assert list(here.facts) == ["sip.phoneNumber", *(f"look_up (number {number})" for number in range(2, 12))]


TYPED = Policy(5.0, secret=frozenset({"pin"}), from_keys={"pin": "customer_pin"})


def counting(seen: list[dict[str, Any]]) -> OwnTool:
    async def note(arguments: dict[str, Any], _: Use) -> str:
        seen.append(arguments)
        return f"the PIN {arguments['pin']} is right"

    return OwnTool("look_up", "Looks it up.", SCHEMA, TYPED, "python", "x.md:1", note)


@pytest.mark.fault("T21")
async def test_what_the_caller_typed_reaches_the_tool_by_name_and_nobody_else() -> None:
    here, seen = await AtWork().begins(), list[dict[str, Any]]()
    here.typed.keep("customer_pin", "090807")
    tool = counting(seen)
    assert set(tool.asked_parameters["properties"]) == {"number"}
    told = await here.uses_own(tool, {"number": 4711, "pin": "made up by the model"})
    assert seen == [{"number": 4711, "pin": "090807"}]
    (row,) = await here.rows()
    assert "090807" not in f"{told}{row}{here.facts}"


async def test_a_number_that_was_typed_for_a_colleague_is_used_and_a_secret_one_asked_for_anew() -> None:
    here, seen = await AtWork().begins(), list[dict[str, Any]]()
    here.facts["customer_pin"] = Fact(value="typed on the telephone's keys, and kept secret", source="keys")
    with pytest.raises(ToolError, match="ask_for_digits"):
        await here.uses_own(counting(seen), {"number": 4711})
    here.facts["customer_pin"] = Fact(value="090807", source="said")
    with pytest.raises(ToolError, match="ask_for_digits"):
        await here.uses_own(counting(seen), {"number": 4711})
    here.facts["customer_pin"] = Fact(value="090807", source="keys")
    await here.uses_own(counting(seen), {"number": 4711})
    assert [each["pin"] for each in seen] == ["090807"]


async def test_what_was_typed_is_a_fact_whose_source_is_the_keys() -> None:
    here = await AtWork().begins()

    async def ask(_: dict[str, Any], __: Use) -> str:
        return "123456"

    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    tool = OwnTool("ask_for_digits", "Asks.", schema, Policy(5.0), "keys", "", ask)
    await here.uses_own(tool, {"name": "customer_number"})
    assert here.facts == {"customer_number": Fact(value="123456", source="keys")}


async def test_typed_digits_are_redacted_as_what_the_caller_was_asked_to_type() -> None:
    here = await AtWork(redact=["account"]).begins()
    keys = [SimpleNamespace(name="iban", says="Please type your bank account.")]
    cast(Any, here.uses)._call.role = SimpleNamespace(id=FRONT_DESK, keys=keys)

    async def ask(_: dict[str, Any], __: Use) -> str:
        return "12345678"

    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    tool = OwnTool("ask_for_digits", "Asks.", schema, Policy(5.0), "keys", "", ask)
    assert "12345678" in await here.uses_own(tool, {"name": "iban"}), "the model that asked has them"
    (row,) = await here.rows()
    assert row.answer == "[account number]"
    assert here.facts == {"iban": Fact(value="[account number]", source="keys")}
