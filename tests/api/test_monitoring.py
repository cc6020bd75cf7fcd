"""Alerts and the dashboard use only metrics that a scrape has, and every alert has a test that fires it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from persistence.messages import Message, MessageId
from persistence.records import CallEnd, CallId, HandoffState, ToolUseState
from tests.api.test_metrics import a_day
from tests.contract.building import BILLING, FRONT_DESK, HOLDER, START, a_call
from tests.support.api.desk import Desk

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "chart/files/alerts.yaml").read_text(encoding="utf-8"))
TESTS = yaml.safe_load((DEPLOY / "alerts.test.yaml").read_text(encoding="utf-8"))["tests"]
BOARD = json.loads((DEPLOY / "chart/files/dashboard.json").read_text(encoding="utf-8"))
KNOWN_WORDS: Mapping[str, set[str]] = {
    "how": set(CallEnd),
    "outcome": {*HandoffState, *ToolUseState},
    "state": {"taking", "draining"},
    "limit": {"day", "short"},
    "le": {"3.0"},
    "namespace": {"$namespace"},
}
"""The label values that a query may use."""
FROM_PROMETHEUS = {"namespace", "instance"}
"""Labels that a scrape adds."""


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in BOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def asked(query: str) -> Iterator[tuple[str, str]]:
    """Yield each metric of a query, with its matchers."""
    yield from re.findall(r"\b(baton_[a-z_]+|baton:[a-z_:]+)(?:\{([^}]*)\})?", query)


async def scraped(desk: Desk) -> dict[str, set[str]]:
    """Return the name of every series that a scrape of a used store can have, with its labels."""
    await a_day(desk)
    await desk.store.note_spent_limit("ours", "model", day=True, for_s=60)
    await desk.store.open_call(a_call(call_id="call-message", room="room-message"))
    left = Message(MessageId("m"), CallId("call-message"), BILLING, FRONT_DESK, "Hello.", "", "", START)
    await desk.store.leave_message(left, job=HOLDER, at_most=5)
    page = (await desk.vera.get("/metrics")).text
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


async def test_every_metric_and_label_that_is_asked_for_is_scraped(desk: Desk) -> None:
    found = await scraped(desk)
    found |= {rule["record"]: set() for rule in rules() if "record" in rule}
    for query in queries():
        names = list(asked(query))
        assert names, query
        labels = set().union(*(found[name] for name, _ in names)) | FROM_PROMETHEUS
        grouped = {word for by in re.findall(r"by \(([^)]*)\)", query) for word in by.split(", ")}
        assert grouped <= labels, query
        for name, matchers in names:
            for label, words in re.findall(r"(\w+)[=!~]+\"([^\"]*)\"", matchers):
                assert label in found[name] | FROM_PROMETHEUS, query
                assert set(words.split("|")) <= KNOWN_WORDS[label], query


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_every_alert_says_what_to_do_and_is_fired_by_a_test(rule: Mapping[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    cases = [case for test in TESTS for case in test.get("alert_rule_test", ())]
    assert any(case["alertname"] == rule["alert"] and case.get("exp_alerts") for case in cases)


def test_copies_of_the_service_are_never_added_up() -> None:
    """Each copy reports the figures of the whole store; only the lag is a copy's own."""
    for query in queries():
        for name, _ in asked(query):
            if name != "baton_operators_loop_lag_seconds_bucket" and ":" not in name:
                assert (
                    re.search(rf"(max|absent)[^()]*\((?:[^()]*\()?\s*{name}\b", query) or "max by" in query
                ), query


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
