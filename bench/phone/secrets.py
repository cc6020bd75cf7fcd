"""Secret numbers typed in whole calls by telephone: the role's tool gets them, and no file has them."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml
from pydantic import SecretStr

from bench.phone.typing import DIGITS
from bench.support.environment import NotMeasured
from local.phone.network import PhoneNetwork
from local.phone.softphone import Softphone
from local.shorter_roster import make_roster
from local.speech import say_line
from local.stack import Stack
from operators.phone.line import Wanted
from operators.phone.set_up import set_up
from operators.phone.sip_api import open_sip_api
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import Call, ToolUse, ToolUseState
from settings import LiveKitSettings

OURS = "+15559999"
ROLE, SAYS = "keypad", "Please type your number."
ASKED, USED = "I want to type my number", "please use it now"
THANKS = "Thank you, I have it."
_RATE_HZ = 8_000
_WAIT_S = 40.0
_LOOK_S = 0.1
_ROLE_FILE = f"""---
role: {ROLE}
name: the keypad desk
voice: diana
greeting: "Hello, how can I help you?"
opening: "This is the keypad desk. I understand that {{matter}}."
transfers_to: [technical]
facts: [sip.phoneNumber, sip.trunkPhoneNumber]
keys:
  - name: account
    digits: {DIGITS}
    says: "{SAYS}"
    secret: true
    confirm: true
tools:
  - python: tools/keypad.py:use_account
    from_keys: {{number: account}}
---
You are the keypad desk.
"""
_TOOL = '''
from hashlib import sha256
from pathlib import Path


async def use_account(number: str) -> str:
    """Uses the account's number."""
    with Path("{ledger}").open("a") as ledger:
        print(sha256(number.encode()).hexdigest(), file=ledger)
    return f"used {{number}}"
'''


def write_roster(folder: Path, ledger: Path) -> Path:
    """Write the project's roles, and one that asks for a secret number, whose hashes go to the ledger."""
    make_roster(folder)
    (folder / f"{ROLE}.md").write_text(_ROLE_FILE, encoding="utf-8")
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools" / "keypad.py").write_text(_TOOL.format(ledger=ledger), encoding="utf-8")
    house = (folder / "house.md").read_text(encoding="utf-8")
    numbers = f"numbers: {{{OURS}: {ROLE}}}"
    (folder / "house.md").write_text(house.replace("notice:", f"{numbers}\nnotice:", 1), encoding="utf-8")
    return folder


def write_script(path: Path) -> Path:
    """Write the stand-in's answers as that role."""
    ask = {"name": "ask_for_digits", "arguments": {"name": "account"}}
    exchanges = [
        {"heard": ASKED, "call": ask},
        {"heard": USED, "call": {"name": "use_account"}},
    ]
    content = {
        "hears": "lines",
        "callers": {"keypad": [{"say": ASKED}, {"say": USED}]},
        "roles": {
            ROLE: {"exchanges": exchanges, "otherwise": THANKS, "opening": THANKS, "after_tool": THANKS}
        },
        "summary": [{"matter": "you typed it", "done": "", "wanted": "", "mood": "calm"}],
        "otherwise": THANKS,
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


async def lead_to(stack: Stack) -> list[str]:
    """Make the trunk and the rule, as `baton phone set-up` does."""
    livekit = stack.livekit
    access = LiveKitSettings(
        url=livekit.url, api_key=livekit.api_key, api_secret=SecretStr(livekit.api_secret)
    )
    async with open_sip_api(access) as server:
        return await set_up(server, Wanted(stack.agent_name, numbers=(OURS,)))


@dataclass(slots=True)
class PhoneCall:
    """A call by a softphone, and what the store has about it."""

    phone: Softphone
    store: Store
    folder: Path
    before: int  # calls in the store

    async def begins(self, network: PhoneNetwork) -> Call:
        """Call, and wait until the greeting was heard. Raises: TimeoutError."""
        await self.phone.call(OURS, network.address)
        await self.phone.until("answered", limit_s=_WAIT_S)
        await self.hears("Hello")
        return await self.row()

    async def row(self) -> Call:
        return (await self.store.calls(limit=1))[0]

    async def says(self, line: str) -> None:
        path = self.folder / f"{sha256(line.encode()).hexdigest()[:8]}.wav"
        spoken = await asyncio.to_thread(say_line, [line], sample_rate=_RATE_HZ)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE_HZ)
            file.writeframes(spoken.samples.tobytes())
        await self.phone.play(path)

    async def hears(self, words: str) -> None:
        """Wait until the transcript has an agent saying this. Raises: TimeoutError."""

        async def said() -> bool:
            calls = await self.store.calls(limit=10)
            if len(calls) <= self.before:
                return False
            return any(words in turn.text for turn in await self.store.turns(calls[0].id))

        await _until(said)

    async def uses(self, tool: str, state: ToolUseState) -> None:
        """Wait until the tool's use is in this state. Raises: TimeoutError."""

        async def there() -> bool:
            return any((use.tool, use.state) == (tool, state) for use in await self.tool_uses())

        await _until(there)

    async def tool_uses(self) -> Sequence[ToolUse]:
        return await self.store.tool_uses((await self.row()).id)


async def type_secret(
    phone: Softphone, network: PhoneNetwork, stack: Stack, folder: Path, number: str
) -> Call:
    """Play one call in which the number is asked for, typed, confirmed and used. Raises: NotMeasured."""
    async with open_store(stack.store, read_only=True) as store:
        call = PhoneCall(phone, store, folder, before=len(await store.calls(limit=10)))
        step = "is greeted"
        try:
            row = await call.begins(network)
            step = "is asked for the number"
            await call.says(ASKED)
            await call.uses("ask_for_digits", ToolUseState.BEGUN)
            step = "has it read back"
            await phone.press(f"{number}#")
            await call.hears(f"I have {DIGITS} digits")
            step = "confirms it"
            await phone.press("1")
            await call.uses("ask_for_digits", ToolUseState.DONE)
            step = "has it used"
            await call.hears(THANKS)
            await call.says(USED)
            await call.uses("use_account", ToolUseState.DONE)
        except TimeoutError as error:
            raise NotMeasured(f"a caller by telephone never {step}") from error
        finally:
            await phone.hang_up()
            with suppress(TimeoutError):
                await phone.until("ended")
    return row


async def _until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WAIT_S):
        while not await met():  # noqa: ASYNC110 - the store gives no notice to another process
            await asyncio.sleep(_LOOK_S)


def used(ledger: Path) -> list[str]:
    """Return the hashes of the numbers that the tool got."""
    return ledger.read_text().split() if ledger.exists() else []


def hash_of(number: str) -> str:
    return sha256(number.encode()).hexdigest()


def files_with(folder: Path, numbers: Sequence[str]) -> list[str]:
    """Return the files below `folder` with one of these numbers, with blanks between digits or without."""
    forms = [form.encode() for number in numbers for form in (number, " ".join(number), ", ".join(number))]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]
