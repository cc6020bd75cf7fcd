"""The demo's call for a roster: from the script if that fits, otherwise made from the roster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from errors import BadInput
from local.demo.plan import Plan, plan_call
from local.groq_standin.script import load_script
from local.scripted import DEMO

ROSTER = Path(__file__).parents[3] / "roster"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "our roles"
    shutil.copytree(ROSTER, folder)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(folder))
    return folder


def rename(folder: Path, before: str, after: str, name: str) -> None:
    """Give a role another id, in all files, and another spoken name."""
    for path in folder.glob("*.md"):
        text = path.read_text(encoding="utf-8").replace(f"role: {before}\n", f"role: {after}\n")
        text = text.replace(f"[{before},", f"[{after},").replace(f", {before}]", f", {after}]")
        text = text.replace(f"name: the {before} desk", f"name: {name}")
        path.write_text(text, encoding="utf-8")


async def planned(chosen: Path | None = None) -> Plan:
    return await plan_call(chosen, stand_in=True)


def said(plan: Plan) -> list[tuple[str, str | None]]:
    return [(line.text, line.to) for line in plan.lines]


async def test_the_shipped_roster_gets_its_script(folder: Path) -> None:
    plan = await planned()
    assert plan == Plan(load_script(DEMO).caller, DEMO, note="")
    assert plan.hands_over


async def test_another_roster_gets_a_call_that_asks_for_the_first_target_by_name(folder: Path) -> None:
    rename(folder, "billing", "rechnung", "das Büro für Rückfragen")
    plan = await planned()
    assert plan.script is None
    assert said(plan) == [
        ("please put me through to das Büro für Rückfragen", "front-desk"),
        ("yes please", "rechnung"),
        ("thank you goodbye", "rechnung"),
    ]
    assert "rechnung" in plan.note


async def test_a_name_that_nobody_hears_is_asked_for_by_the_roles_id(folder: Path) -> None:
    rename(folder, "billing", "kaikei", "…1")
    plan = await planned()
    assert plan.hands_over


async def test_one_role_alone_has_a_call_without_a_handoff(folder: Path) -> None:
    for name in ("billing.md", "technical.md"):
        (folder / name).unlink()
    front = folder / "front-desk.md"
    text = front.read_text(encoding="utf-8").replace("transfers_to: [billing, technical]\n", "")
    front.write_text(text, encoding="utf-8")
    plan = await planned()
    assert not plan.hands_over
    assert {line.to for line in plan.lines} == {"front-desk"}
    assert "front-desk is the only role" in plan.note


async def test_a_script_of_ones_own_that_does_not_fit_is_refused_with_every_place(
    folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "ours.yaml"
    script.write_text(
        "roles:\n"
        "  sales: {}\n"
        "  billing:\n"
        "    exchanges:\n"
        "      - {heard: hello, call: {name: transfer_call, arguments: {target: sales}}}\n"
        "caller: [{say: hello, to: billing}]\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as refused:
        await planned(script)
    assert [str(one).removeprefix(f"{script}: ") for one in refused.value.each] == [
        "roles.sales: is no role of the roster; write one of billing, front-desk, technical",
        "roles.billing.exchanges[0]: billing cannot hand over to sales; write one of front-desk, technical",
        "caller[0].to: front-desk answers calls here; write front-desk, or set BATON_FIRST_ROLE",
    ]
