"""A tool that is one HTTP request: only to the address in its file, bounded in size and time."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import httpx

from agents.tls import tls
from agents.tools.addresses import NotAllowed, allowed_address
from agents.tools.fields import HttpCall, is_web_address
from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Policy, Use
from agents.tools.refused import Refused
from agents.tools.schema import typed_schema

MOST_BYTES = 256 * 1024
"""The most bytes of an answer that are read; the rest is ignored."""
_MOST_REDIRECTS = 3
_SAID = 300
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_WITH_BODY = ("POST", "PUT", "PATCH")


def http_tool(call: HttpCall, headers: Mapping[str, str], policy: Policy, where: str) -> OwnTool:
    """Make the tool. `headers`: with their values. Raises: Refused."""
    parameters = {"additionalProperties": False, **typed_schema(call.parameters)}
    _check_address(call.address, parameters)
    request = _Request(call, headers, policy.limit_s)
    return OwnTool(
        call.name, call.description, parameters, policy, "http", where, request.work, request.reach
    )


def _check_address(address: str, parameters: Mapping[str, Any]) -> None:
    """Check the address and its placeholders. Raises: Refused."""
    field = ("http", "address")
    host = address.partition("://")[2].partition("/")[0]
    if _PLACEHOLDER.search(host):
        right = "write the host out: no other is reached"
        raise Refused("the address has a placeholder in its host", right, field=field)
    filled = _PLACEHOLDER.sub("x", address)
    if not set("{}").isdisjoint(filled):
        raise Refused("the address has a single brace", "write a placeholder as {NAME}", field=field)
    try:
        is_address = is_web_address(filled) and bool(httpx.URL(filled).host)
    except httpx.InvalidURL:
        is_address = False
    if not is_address:
        right = "write https://HOST/PATH; a password goes into headers"
        raise Refused("the address is no web address", right, field=field)
    for name in _PLACEHOLDER.findall(address):
        if name not in parameters.get("properties", {}) or name not in parameters.get("required", ()):
            right = f"list {name} in properties and in required"
            raise Refused(f"the address has {{{name}}}", right, field=field)


class _Request:
    """One request, made again for each use: nothing of one call is kept for another."""

    def __init__(self, call: HttpCall, headers: Mapping[str, str], limit_s: float) -> None:
        self._call, self._headers, self._limit_s = call, headers, limit_s
        self._networks = [ip_network(network) for network in call.networks]

    @property
    def reach(self) -> tuple[str, int]:
        url = httpx.URL(_PLACEHOLDER.sub("x", self._call.address))
        return url.host, _port_of(url)

    async def work(self, arguments: dict[str, Any], use: Use) -> object:
        call = self._call
        url = httpx.URL(_PLACEHOLDER.sub(lambda found: _in_path(arguments[found[1]]), call.address))
        placed = _PLACEHOLDER.findall(call.address)
        given = {name: value for name, value in arguments.items() if name not in placed}
        body = given if call.method in _WITH_BODY else None
        if body is None and given:
            url = url.copy_merge_params({name: _in_query(value) for name, value in given.items()})
        headers = {
            "Accept": "application/json, text/plain, */*",
            "Accept-Encoding": "identity",
            "Idempotency-Key": use.key,
            **self._headers,
        }
        return self._kept(await self._asked(url, headers, body))

    async def _asked(self, url: httpx.URL, headers: Mapping[str, str], body: object) -> str:
        """Return the text of a successful answer. Raises: NotDone, MaybeDone."""
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._sent(url, headers, body) as answer:
                if not answer.is_redirect:
                    return await _text_of(answer)
                url = self._redirected(url, answer)
        raise NotDone("it redirects again and again")

    def _redirected(self, url: httpx.URL, answer: httpx.Response) -> httpx.URL:
        onward = url.join(answer.headers.get("location", ""))
        if self._call.method != "GET":
            # 307 and 308 say where to send it instead; other redirects often come after it was done.
            ends = NotDone if answer.status_code in (307, 308) else MaybeDone
            raise ends("it redirects, which only a GET may follow")
        if (onward.scheme, onward.host, onward.port) != (url.scheme, url.host, url.port):
            raise NotDone("it redirects to another host, which is not followed")
        return onward

    @asynccontextmanager
    async def _sent(
        self, url: httpx.URL, headers: Mapping[str, str], body: object
    ) -> AsyncIterator[httpx.Response]:
        try:
            address = await allowed_address(url.host, _port_of(url), self._networks)
        except (NotAllowed, OSError) as error:
            raise NotDone("its server is not reached") from error
        async with httpx.AsyncClient(timeout=self._limit_s, trust_env=False, verify=tls()) as client:
            request = client.build_request(
                self._call.method,
                url.copy_with(host=address),
                headers={**headers, "Host": url.netloc.decode("ascii")},
                json=body,
                extensions={"sni_hostname": url.host},
            )
            try:
                answer = await client.send(request, stream=True)
                try:
                    yield answer
                finally:
                    await answer.aclose()
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise NotDone("its server does not answer") from error
            except httpx.HTTPError as error:
                raise MaybeDone("the connection broke off") from error

    def _kept(self, text: str) -> object:
        """Return the parts of the answer that the file says to keep; if it names none, all of it."""
        if not self._call.keeps:
            return text
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            return "It answered, but not in the form that was expected."
        return {place: _at(answer, place) for place in self._call.keeps}


def _port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def _text_of(answer: httpx.Response) -> str:
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise MaybeDone("it answers in a compressed form that was not asked for")
    text = await _first_bytes(answer)
    if answer.is_success:
        return text
    error = f"it answers with the status {answer.status_code}. {text[:_SAID]}"
    raise NotDone(error) if answer.is_client_error else MaybeDone(error)


async def _first_bytes(answer: httpx.Response) -> str:
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= MOST_BYTES:
            break
    first = bytes(read[:MOST_BYTES])
    try:
        return first.decode(answer.charset_encoding or "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # a charset that Python does not know, or that is not for text
        return first.decode(errors="replace")


def _in_path(value: object) -> str:
    text = _in_query(value)
    if text in ("", ".", ".."):
        raise NotDone("an argument is empty, or leads elsewhere")
    return quote(text, safe="")


def _in_query(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _at(answer: Any, place: str) -> Any:
    """Return the part of an answer at a dotted place, such as items.0.name; None if there is none."""
    for step in place.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return answer
