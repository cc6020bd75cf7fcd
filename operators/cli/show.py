"""`baton show ID`: one call or handoff with attempts, moves, and who spoke when."""

from __future__ import annotations

from string import ascii_letters
from typing import Annotated

import typer
from rich.text import Text

from agents.groq.prices import Prices, load_prices
from clock import SystemClock
from operators.cli import handoffs as listing
from operators.cli.act_context import name_of, security_log
from operators.cli.calls import AsJson, call_back_of, standing
from operators.cli.lookup import asked
from operators.cli.output import clean, console, lasting, since, when, write_json, write_table
from operators.cli.story.history import Story, story
from operators.cli.story.lanes import Span, axis, lanes, marked
from operators.costs import COLUMNS as COSTS
from operators.costs import costs_of, notes_of, rows_of
from operators.holds import holds_of, on_hold_ms
from operators.spent_limits import words_of
from operators.tool_uses import COLUMNS as TOOLS
from operators.tool_uses import told_uses
from operators.troubles import kinds_of
from persistence.records import Call, Event, Handoff
from settings import Settings, WorkerSettings, read

ATTEMPTS = ("handoff", "attempt", "target", "began", "claimed", "accepted", "ended", "outcome", "reason")
TROUBLES = ("first", "part", "error", "times", "what it means")
MESSAGES = ("left", "for", "whom", "what", "reach", "state", "person")
EVENTS = ("mark", "when", "what", "id", "from", "to", "by")
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")
LABEL_CELLS = 16

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The id of a call or handoff, or its first characters.")
]


def show_one(typed: Id, as_json: AsJson = False) -> None:
    """Show one call or handoff: attempts, moves, and who spoke when."""
    prices = load_prices(read(WorkerSettings))
    log = security_log(Settings())
    told = asked(lambda store: story(store, typed), quiet=as_json)
    log.reads(name_of(None), "", call=told.call.id)
    if as_json:
        write_json(as_object(told, prices))
        return
    marks = _marks(told)
    _write_facts(told)
    _write_lanes(told, marks)
    if told.about is None and told.handoffs:
        rows = [listing.row_of(handoff) for handoff in told.handoffs]
        write_table(listing.COLUMNS, rows, title="Handoffs")
    if told.about is None and told.costs:
        _write_costs(told, prices)
    if told.troubles:
        write_table(TROUBLES, _troubles(told), title="Troubles with Groq")
    for limit in told.spent:
        console.print(Text(f"now {words_of(limit)}", style="yellow"), soft_wrap=True)
    if told.about is None and told.tool_uses:
        write_table(TOOLS, _tool_uses(told), title="Tools")
    if told.about is None and told.messages:
        write_table(MESSAGES, _messages(told), title="Messages for people")
    write_table(ATTEMPTS, _attempts(told), title="Attempts")
    write_table(EVENTS, [_event(told, event, marks) for event in told.events], title="Events")


def as_object(told: Story, prices: Prices) -> dict[str, object]:
    """Return the object for JSON, with the call's or the handoff's rows as stored, depending on the id."""
    shared: dict[str, object] = {
        "call": told.call,
        "turns": told.turns,
        "events": told.events,
        "troubles": told.troubles,
        "spent_limits": told.spent,
        "tool_uses": told.tool_uses,
    }
    if told.about:
        return {"handoff": told.about, "attempts": told.attempts[told.about.id], **shared}
    attempts = [attempt for handoff in told.handoffs for attempt in told.attempts[handoff.id]]
    costs = costs_of(told.costs, prices)
    return {
        **shared,
        "messages": told.messages,
        "handoffs": told.handoffs,
        "attempts": attempts,
        "costs": costs,
    }


def _facts(told: Story) -> dict[str, object]:
    call, handoff = told.call, told.about
    if handoff is None:
        return {
            "call": call.id,
            "room": call.room,
            "caller": call.caller,
            "name": call.caller_name,
            "number": call.caller_number,
            "holder": f"{call.holder_role} ({call.holder_job})",
            "started": when(call.started_at),
            "lasted": lasting(None if call.ended_at is None else call.ended_at - call.started_at),
            "in line": lasting(_in_line_ms(call)),
            "on hold": lasting(_on_hold_ms(told)),
            "ended": standing(call),
            "call back": call_back_of(call),
        }
    return {
        "handoff": handoff.id,
        "call": call.id,
        "way": f"{handoff.from_role} → {handoff.target}",
        "state": handoff.state,
        "reason": handoff.reason,
        "by": handoff.requested_by,
        "requested": when(handoff.requested_at),
        "redirected": _redirected(handoff),
        "took": listing.took(handoff),
        "to target": lasting(handoff.time_to_target_ms),
        "on hold": lasting(handoff.on_hold_ms),
        "music": lasting(handoff.music_ms),
        "seam": lasting(handoff.seam_ms),
        "silence": lasting(handoff.silence_ms),
        "summary": f"{handoff.summary} ({handoff.summary_source})" if handoff.summary else "",
    }


def _in_line_ms(call: Call) -> int | None:
    """Return how long the caller has waited for an agent; None if they never did."""
    if call.queued_at is None:
        return None
    return (call.admitted_at or call.ended_at or SystemClock().now_ms()) - call.queued_at


def _on_hold_ms(told: Story) -> int | None:
    """Return the time on hold in the whole call; None if the caller never was."""
    return on_hold_ms(holds_of(told.events), told.handoffs, now=SystemClock().now_ms()) or None


def _redirected(handoff: Handoff) -> str:
    """Return who redirected the handoff, and the reason if there is one; empty if nobody did."""
    if handoff.redirected_by is None:
        return ""
    going = f", on its way to {handoff.redirect_to}" if handoff.redirect_to else ""
    why = f": {handoff.redirect_reason}" if handoff.redirect_reason else ""
    return f"by {handoff.redirected_by}{going}{why}"


def _write_facts(told: Story) -> None:
    for name, value in _facts(told).items():
        if value:
            line = Text(f"{name:<10}", style="bold").append(clean(value), style="not bold")
            console.print(line, soft_wrap=True)


def _write_costs(told: Story, prices: Prices) -> None:
    costs = costs_of(told.costs, prices)
    write_table(COSTS, rows_of(costs), title=f"Costs, by the prices of {costs.prices_as_of}")
    for note in notes_of(costs):
        console.print(Text(note, style="yellow"), soft_wrap=True)


def _marks(told: Story) -> dict[int, str]:
    """Return a letter for each move of a handoff, by event id. Moves beyond the alphabet get none."""
    moves = [event.id for event in told.events if event.kind == "handoff"]
    return dict(zip(moves, ascii_letters, strict=False))


def _write_lanes(told: Story, marks: dict[int, str]) -> None:
    span = Span(*told.drawn, cells=max(20, console.width - LABEL_CELLS - 1))
    above = marked([(marks[event.id], event.at) for event in told.events if event.id in marks], span)
    console.print()
    console.print(Text(f"{'states':<{LABEL_CELLS}} ").append(above, style="bold"), soft_wrap=True)
    for number, lane in enumerate(lanes(told.turns, span)):
        label = f"{clean(lane.label)[:LABEL_CELLS]:<{LABEL_CELLS}} "
        style = COLOURS[number % len(COLOURS)]
        console.print(Text(label).append(lane.cells, style=style), soft_wrap=True)
    console.print(Text(" " * (LABEL_CELLS + 1) + axis(span, zero=told.start), style="dim"), soft_wrap=True)


def _attempts(told: Story) -> list[tuple[object, ...]]:
    return [
        (
            handoff.id,
            attempt.id,
            attempt.target,
            since(attempt.started_at, told.start),
            since(attempt.claimed_at, told.start),
            since(attempt.accepted_at, told.start),
            since(attempt.ended_at, told.start),
            attempt.outcome,
            attempt.reason,
        )
        for handoff in told.handoffs
        for attempt in told.attempts[handoff.id]
    ]


def _troubles(told: Story) -> list[tuple[object, ...]]:
    return [
        (since(kind.first_at, told.start), kind.part, kind.error, kind.times, kind.meaning)
        for kind in kinds_of(told.troubles)
    ]


def _tool_uses(told: Story) -> list[tuple[object, ...]]:
    return [
        (
            since(use.began_at, told.start),
            use.role,
            use.tool,
            use.arguments,
            lasting(None if use.ended_at is None else use.ended_at - use.began_at),
            outcome,
            use.answer,
        )
        for use, outcome in told_uses(told.tool_uses, told.call)
    ]


def _messages(told: Story) -> list[tuple[object, ...]]:
    return [
        (
            since(message.left_at, told.start),
            message.role,
            message.for_whom,
            message.words,
            message.reach,
            message.state,
            message.person,
        )
        for message in told.messages
    ]


def _event(told: Story, event: Event, marks: dict[int, str]) -> tuple[object, ...]:
    return (
        marks.get(event.id, ""),
        since(event.at, told.start),
        event.kind,
        event.subject,
        event.moved_from,
        event.moved_to,
        event.actor,
    )
