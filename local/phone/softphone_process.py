"""A telephone in a separate process: PJSIP, over UDP on loopback, with G.711 only by default.

It reads commands as lines of JSON from stdin, writes events as lines of JSON to stdout, and ends with stdin.
`local/phone/softphone.py` controls it. PJSIP is GPL: use it only for tests and the local stack.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import wave
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

_POLL_MS = 10
_RATE = 8000
_LOOK_S = 0.02
_AUDIBLE = 8
"""A level of PJSIP: that of a sine with an amplitude of about 350 in 16-bit samples."""
_QUIET_S = 1.0


def tell(what: str, **more: object) -> None:
    """Write an event as one line, with its time in seconds of CLOCK_MONOTONIC, which all processes share."""
    print(json.dumps({"what": what, "at": time.monotonic(), **more}), flush=True)  # noqa: T201 - its output


class Call(pj.Call):  # type: ignore[misc]  # PJSIP has no types
    """One call of the phone. `number`: the phone's calls are numbered from 1."""

    def __init__(self, phone: Phone, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, call_id)
        self.phone = phone
        self.number = phone.numbered(self)
        self.sound: Any = None
        self.heard_at: float | None = None  # None: it has been quiet

    def onCallState(self, _: Any) -> None:
        info = self.getInfo()
        state = {
            pj.PJSIP_INV_STATE_EARLY: "ringing",
            pj.PJSIP_INV_STATE_CONFIRMED: "answered",
            pj.PJSIP_INV_STATE_DISCONNECTED: "ended",
        }.get(info.state)
        if state is not None:
            tell(state, call=self.number, code=info.lastStatusCode)
        if state == "answered":
            self.phone.answered(self)
        if state == "ended":
            self.sound = None
            self.phone.ended(self)

    def onCallMediaState(self, _: Any) -> None:
        info = self.getInfo()  # its media are freed with it
        live = [
            medium.index
            for medium in info.media
            if medium.type == pj.PJMEDIA_TYPE_AUDIO and medium.status == pj.PJSUA_CALL_MEDIA_ACTIVE
        ]
        self.sound = self.getAudioMedia(live[0]) if live else None
        tell("sound", call=self.number, flows=self.sound is not None)
        self.phone.connect(self)

    def onDtmfDigit(self, prm: Any) -> None:
        tell("key", call=self.number, key=prm.digit)

    def onCallTsxState(self, prm: Any) -> None:
        state = prm.e.body.tsxState
        if state.type == pj.PJSIP_EVENT_RX_MSG and state.src.rdata.wholeMsg.startswith("REFER "):
            lines = state.src.rdata.wholeMsg.partition("\r\n\r\n")[0].split("\r\n")[1:]
            tell("referred", headers=dict(line.split(": ", 1) for line in lines if ": " in line))

    def onCallTransferRequest(self, prm: Any) -> None:
        tell("transfer", call=self.number, to=prm.dstUri)
        prm.statusCode = self.phone.transfer_code
        if prm.statusCode < 300:
            prm.newCall = Call(self.phone)


class Account(pj.Account):  # type: ignore[misc]
    def __init__(self, phone: Phone) -> None:
        super().__init__()
        self.phone = phone

    def onIncomingCall(self, prm: Any) -> None:
        call = Call(self.phone, prm.callId)
        info = call.getInfo()
        tell("invited", call=call.number, caller=info.remoteUri, called=info.localUri)
        self.phone.ring(call)


class Phone:
    """The phone: how it handles calls, and its commands."""

    def __init__(self, endpoint: Any, port: int, user: str) -> None:
        self.endpoint = endpoint
        self.calls: list[Call] = []
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.plan: dict[str, Any] = {"act": "answer", "after_s": 0.0, "ringing": [180]}
        self.transfer_code = 202
        self._count = 0
        self._gone: list[Call] = []
        self._player: Any = None
        self._recorder: Any = None
        self._record_path = ""
        self.account = Account(self)
        self.account.create(_account(port, user))

    def numbered(self, call: Call) -> int:
        self.calls.append(call)
        self._count += 1
        return self._count

    def later(self, after_s: float, act: Callable[[], None]) -> None:
        self.due.append((time.monotonic() + after_s, act))

    def ring(self, call: Call) -> None:
        plan = self.plan
        for place, code in enumerate(plan["ringing"]):
            self.later(place * 0.02, lambda code=code: _answer(call, code))  # type: ignore[misc]
        if plan["act"] == "answer":
            self.later(plan["after_s"], lambda: _answer(call, 200))
        if plan["act"] == "refuse":
            self.later(plan["after_s"], lambda: _answer(call, plan["code"]))

    def answered(self, call: Call) -> None:
        if (after_s := self.plan.get("hangs_up_after_s")) is not None:
            self.later(after_s, lambda: _hang_up(call))

    def ended(self, call: Call) -> None:
        self._gone.append(call)
        if len(self.calls) == 1:
            self._recorder = None  # this completes the file, in one of PJSIP's threads
            self._tell_recorded()

    def _tell_recorded(self) -> None:
        """Report the recording once its file is complete."""
        if self._record_path and not _is_whole(self._record_path):
            self.later(_LOOK_S, self._tell_recorded)
            return
        self._record_path = ""
        tell("recorded")

    def connect(self, call: Call) -> None:
        if call.sound is None:
            return
        # Without a source, PJSIP sends no packets at all; a real telephone sends its room's silence.
        self.endpoint.audDevManager().getCaptureDevMedia().startTransmit(call.sound)
        if self._player is not None:
            self._player.startTransmit(call.sound)
        if self._recorder is not None:
            call.sound.startTransmit(self._recorder)
        call.sound.startTransmit(self.endpoint.audDevManager().getPlaybackDevMedia())  # else it has no level

    def listen(self, call: Call, now: float) -> None:
        """Report when sound begins, and when there was none for a while."""
        if call.sound is not None and call.sound.getTxLevel() >= _AUDIBLE:  # the other end's sound
            if call.heard_at is None:
                tell("hears", call=call.number)
            call.heard_at = now
        elif call.heard_at is not None and now - call.heard_at >= _QUIET_S:
            call.heard_at = None
            tell("quiet", call=call.number)

    def step(self) -> None:
        """Do what is due, and release ended calls, which PJSIP no longer uses at this point."""
        now = time.monotonic()
        for item in [each for each in self.due if each[0] <= now]:
            self.due.remove(item)
            item[1]()
        while self._gone:
            self.calls.remove(self._gone.pop())
        for call in self.calls:
            self.listen(call, now)

    # Commands: their names are the lines' `do`.

    def behave(self, **plan: Any) -> None:
        self.plan = plan

    def transfers(self, code: int) -> None:
        self.transfer_code = code

    def call(self, to: str) -> None:
        Call(self).makeCall(to, pj.CallOpParam(True))

    def hang_up(self) -> None:
        for call in self.calls:
            _hang_up(call)

    def hold(self) -> None:
        for call in self.calls:
            call.setHold(pj.CallOpParam(True))

    def take_back(self) -> None:
        for call in self.calls:
            again = pj.CallOpParam(True)
            again.opt.flag = pj.PJSUA_CALL_UNHOLD
            call.reinvite(again)

    def press(self, keys: str) -> None:
        """Press keys in every call with sound. A call that still rings after its gateway died takes none."""
        for call in self.calls:
            if call.sound is not None:
                call.dialDtmf(keys)

    def play(self, path: str, loop: bool) -> None:
        self._player = pj.AudioMediaPlayer()
        self._player.createPlayer(path, 0 if loop else pj.PJMEDIA_FILE_NO_LOOP)
        self._each_sound(self._player.startTransmit)

    def record(self, path: str) -> None:
        self._record_path = path
        recorder = self._recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(path)
        self._each_sound(lambda sound: sound.startTransmit(recorder))

    def codec(self, name: str) -> None:
        for each in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(each.codecId, 255 if each.codecId.startswith(name) else 0)

    def _each_sound(self, act: Callable[[Any], None]) -> None:
        for call in self.calls:
            if call.sound is not None:
                act(call.sound)


def _is_whole(path: str) -> bool:
    try:
        with wave.open(path, "rb") as file:
            return file.getnframes() > 0
    except (OSError, EOFError, wave.Error):
        return False


def _answer(call: Call, code: int) -> None:
    prm = pj.CallOpParam()
    prm.statusCode = code
    _unless_gone(lambda: call.answer(prm))


def _hang_up(call: Call) -> None:
    _unless_gone(lambda: call.hangup(pj.CallOpParam()))


def _unless_gone(act: Callable[[], None]) -> None:
    try:
        act()
    except pj.Error as error:  # the other side was first
        tell("late", why=error.reason)


def _account(port: int, user: str) -> Any:
    account = pj.AccountConfig()
    account.idUri = f"sip:{user}@127.0.0.1:{port}"
    account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account.mediaConfig.transportConfig.publicAddress = "127.0.0.1"
    return account


def _started(port: int) -> Any:
    """Start PJSIP on this port, without a sound card. Its own output during the start goes to stderr."""
    ours = os.dup(1)
    os.dup2(2, 1)
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True  # this thread does all of it
    config.logConfig.level = config.logConfig.consoleLevel = 0  # its log names telephone numbers
    config.medConfig.clockRate = config.medConfig.sndClockRate = _RATE
    config.medConfig.noVad, config.medConfig.ecTailLen = True, 0  # what is played is what is sent
    endpoint.libInit(config)
    sys.stdout.flush()
    os.dup2(ours, 1)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress = port, "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    return endpoint


def _lines() -> Callable[[], list[bytes] | None]:
    """Return a function that reads the lines that arrived on stdin, without blocking; None at its end."""
    os.set_blocking(sys.stdin.fileno(), False)
    kept = b""

    def arrived() -> list[bytes] | None:
        nonlocal kept
        try:
            chunk = os.read(sys.stdin.fileno(), 65536)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        *lines, kept = (kept + chunk).split(b"\n")
        return lines

    return arrived


def main() -> None:
    """Run until stdin ends, then hang up."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--port", type=int, required=True)
    ask.add_argument("--user", required=True)
    asked = ask.parse_args()
    endpoint = _started(asked.port)
    phone = Phone(endpoint, asked.port, asked.user)
    phone.codec("PCMU")
    tell("ready")
    arrived = _lines()
    while (lines := arrived()) is not None:
        for line in lines:
            said = json.loads(line)
            command = getattr(phone, said.pop("do"))
            _unless_gone(lambda command=command, said=said: command(**said))  # type: ignore[misc]
            tell("told")
        endpoint.libHandleEvents(_POLL_MS)
        phone.step()
    phone.hang_up()
    endpoint.libHandleEvents(50)
    os._exit(0)  # PJSIP's own shutdown crashes once Python has freed its objects


if __name__ == "__main__":
    main()
