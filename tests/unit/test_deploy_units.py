"""The systemd units: a program that ends is always started again, unless a person has to fix something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

UNITS = {
    "baton.service": "/opt/baton/.venv/bin/python -m livekit.agents start worker.py",
    "baton-operators.service": "/opt/baton/.venv/bin/baton serve",
}
DEPLOY = Path(__file__).parents[2] / "deploy"


def unit(name: str) -> Mapping[str, Sequence[str]]:
    """Return a unit's values by Section.Key; a key may occur more than once."""
    values: dict[str, list[str]] = defaultdict(list)
    section = ""
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values[f"{section}.{key}"] += value.split() if key in {"Wants", "After"} else [value]
    return values


def test_each_program_has_a_unit() -> None:
    assert {path.name for path in DEPLOY.glob("*.service")} == set(UNITS)
    for name, command in UNITS.items():
        assert unit(name)["Service.ExecStart"] == [command]
        assert unit(name)["Install.WantedBy"] == ["multi-user.target"]


@pytest.mark.parametrize("name", UNITS)
def test_it_is_restarted_without_end_except_after_bad_input(name: str) -> None:
    values = unit(name)
    assert values["Service.Restart"] == ["always"]
    assert values["Service.RestartPreventExitStatus"] == ["2"]
    assert values["Unit.StartLimitIntervalSec"] == ["0"], "otherwise five starts in 10 s would end it"
    assert float(values["Service.RestartSec"][0]) >= 1


@pytest.mark.parametrize("name", UNITS)
def test_it_starts_after_what_it_needs_and_does_not_die_with_it(name: str) -> None:
    values = unit(name)
    assert {"network-online.target", "time-sync.target"} <= set(values["Unit.Wants"])
    assert {*values["Unit.Wants"], "livekit-server.service"} <= set(values["Unit.After"])
    tied = ("Requires", "BindsTo", "Requisite", "PartOf")
    assert not [key for key in values if key.removeprefix("Unit.") in tied]


@pytest.mark.parametrize("name", UNITS)
def test_finding_12_its_settings_are_a_credential_that_the_program_reads_as_every_other_does(
    name: str,
) -> None:
    values = unit(name)
    assert values["Service.WorkingDirectory"] == ["/opt/baton"]
    assert "Service.EnvironmentFile" not in values, "systemd reads quotes and comments in another way"
    assert values["Service.LoadCredential"] == ["baton.env:/etc/baton/baton.env"]
    assert f"BATON_ENV_FILE=/run/credentials/{name}/baton.env" in values["Service.Environment"]


@pytest.mark.parametrize("name", UNITS)
def test_finding_12_it_writes_nowhere_but_in_a_folder_of_its_own(name: str) -> None:
    values = unit(name)
    assert values["Service.StateDirectory"][0].split()[0] == "baton"
    assert values["Service.StateDirectoryMode"] == ["0700"]
    assert values["Service.UMask"] == ["0077"]
    assert values["Service.ProtectSystem"] == ["strict"]
    assert values["Service.CapabilityBoundingSet"] == [""]
    assert "Service.RemoveIPC" not in values, "it takes the costs of killed processes out of /dev/shm"


def test_worker_has_the_time_to_drain() -> None:
    drain_limit_s = 3600
    assert float(unit("baton.service")["Service.TimeoutStopSec"][0]) > drain_limit_s
    assert unit("baton.service")["Service.KillMode"] == ["mixed"], "only the parent gets SIGTERM"
