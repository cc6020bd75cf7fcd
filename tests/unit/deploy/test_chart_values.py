"""The chart's values: documented ones are accepted; wrong ones are refused by name and install nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from settings import GROUPS, env_name

CHART = Path(__file__).parents[3] / "deploy/chart"
DOCUMENTED = sorted((CHART / "ci").glob("*.yaml"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
SETTINGS = {env_name(group, field) for group in GROUPS for field in group.model_fields}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return merged values, as helm lays a values file over the chart's own."""
    both = dict(under)
    for key, value in over.items():
        before = both.get(key)
        both[key] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return both


def values(**over: Any) -> dict[str, Any]:
    return merged(merged(read(CHART / "values.yaml"), read(CHART / "ci/smallest.yaml")), over)


def complaints(wanted: Mapping[str, Any]) -> list[str]:
    return [
        ".".join(map(str, error.absolute_path)) for error in Draft202012Validator(SCHEMA).iter_errors(wanted)
    ]


@pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: path.stem)
def test_documented_values_are_taken(path: Path) -> None:
    assert complaints(merged(read(CHART / "values.yaml"), read(path))) == []


def test_every_documented_combination_is_in_the_page() -> None:
    page = (CHART.parents[1] / "docs/deploying.md").read_text(encoding="utf-8")
    assert {f"deploy/chart/ci/{path.name}" for path in DOCUMENTED} <= set(
        re.findall(r"deploy/chart/ci/[a-z]+\.yaml", page)
    )


WRONG: Mapping[str, tuple[dict[str, Any], str]] = {
    "no image": ({"image": {"repository": ""}}, "image.repository"),
    "a tag that means another image tomorrow": ({"image": {"tag": "latest"}}, "image.tag"),
    "no secret": ({"existingSecret": ""}, "existingSecret"),
    "an address of no server": ({"livekit": {"url": "https://livekit.example.com"}}, "livekit.url"),
    "words of callers without TLS": ({"livekit": {"url": "ws://livekit.example.com:7880"}}, "livekit.url"),
    "a password in an address": ({"livekit": {"url": "wss://me:secret@livekit.example.com"}}, "livekit.url"),
    "no worker": ({"worker": {"replicas": 0}}, "worker.replicas"),
    "no time to drain": ({"worker": {"drainSeconds": 5}}, "worker.drainSeconds"),
    "a worker without a request": (
        {"worker": {"resources": {"requests": {"cpu": None}}}},
        "",
    ),
    "a secret among the settings": (
        {"settings": {"BATON_STORE": "postgresql://me:secret@db/baton"}},
        "settings",
    ),
    "a key among the settings": ({"settings": {"GROQ_API_KEY": "gsk"}}, "settings"),
    "a setting that the chart makes": ({"settings": {"BATON_DRAIN_LIMIT_S": 60}}, "settings"),
    "a misspelt value": ({"workers": {"replicas": 3}}, ""),
    "an ingress without TLS": (
        {"operators": {"ingress": {"enabled": True, "host": "console.example.com"}}},
        "operators.ingress.tlsSecret",
    ),
    "monitoring without a token": ({"monitoring": {"enabled": True}}, "monitoring.tokenSecret"),
    "workers that are never added": (
        {"worker": {"autoscaling": {"takenPercent": 100}}},
        "worker.autoscaling.takenPercent",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_values_are_refused_by_name(wrong: str) -> None:
    over, named = WRONG[wrong]
    wanted = values(**deepcopy(over))
    if wrong == "a worker without a request":
        del wanted["worker"]["resources"]["requests"]["cpu"]  # as helm does with null
        named = "worker.resources.requests"
    assert named in complaints(wanted)


def test_the_templates_know_no_setting_that_does_not_exist() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (CHART / "templates").iterdir())
    used = set(re.findall(r"\bBATON_[A-Z_]+", text))
    assert used
    assert used <= SETTINGS
    refused = set(SCHEMA["properties"]["settings"]["propertyNames"]["not"]["enum"])
    assert refused <= {*SETTINGS, "BATON_ENV_FILE"}
    assert used <= refused, "a setting that the chart makes is not one of the values' settings"


def test_every_pod_is_read_only_without_rights_and_drains_in_time() -> None:
    shared = (CHART / "templates/_helpers.tpl").read_text(encoding="utf-8")
    for line in (
        "runAsNonRoot: true",
        "allowPrivilegeEscalation: false",
        "readOnlyRootFilesystem: true",
        "capabilities: {drop: [ALL]}",
        "seccompProfile: {type: RuntimeDefault}",
        "automountServiceAccountToken: false",
    ):
        assert line in shared
    for name in ("worker", "operators"):
        text = (CHART / f"templates/{name}.yaml").read_text(encoding="utf-8")
        assert text.count("- name: " + name) == text.count('include "baton.container"') == 1
        assert text.count('include "baton.pod"') == 1
        assert "preStop:" in text
    worker = (CHART / "templates/worker.yaml").read_text(encoding="utf-8")
    assert "terminationGracePeriodSeconds: {{ add .Values.worker.drainSeconds 100 }}" in worker
    assert "{name: BATON_DRAIN_LIMIT_S, value: {{ .Values.worker.drainSeconds | quote }}}" in worker
    assert "livenessProbe" not in worker, "a worker that waits for a server must not be restarted"


def test_no_template_makes_a_secret() -> None:
    for path in (CHART / "templates").iterdir():
        assert not re.search(r"^kind: Secret$", path.read_text(encoding="utf-8"), re.MULTILINE)
