"""What a refusal by Groq means for the person who runs Baton, and what they can do about it."""

from __future__ import annotations

from urllib.parse import quote

from agents.groq.durations import lasting
from agents.groq.errors import API_KEY, Fault, as_bad_input, fault_of, retry_after_s
from errors import BadInput, OutOfReach

BILLING = "console.groq.com/settings/billing"


def explain_refusal(error: Exception, *, address: str, setting: str, model: str) -> BadInput:
    """Explain why `model`, which `setting` names, cannot be used."""
    fault, wait_s = fault_of(error), retry_after_s(error)
    if fault is Fault.TERMS:
        return BadInput(setting, f"the terms of {model!r} are not accepted", terms_advice(model))
    if fault is Fault.GONE:
        wrong = f"Groq no longer offers {model!r}"
        return BadInput(setting, wrong, "name another model; console.groq.com/docs/deprecations says which")
    if fault is Fault.VOICE:
        wrong = f"{model!r} does not know a voice of the roster"
        return BadInput(setting, wrong, "name voices of the model; baton doctor tries every one")
    if fault is Fault.DAY_SPENT:
        right = f"wait{_for(wait_s)}, or choose a larger plan at {BILLING}"
        return OutOfReach(API_KEY, f"the day's limit for {model!r} is spent", right)
    if fault is Fault.LIMITED:
        right = f"try again{_in(wait_s)}, or choose a larger plan at {BILLING}"
        return OutOfReach(API_KEY, f"the limit for {model!r} is spent for the moment", right)
    return as_bad_input(error, address)


def terms_advice(model: str) -> str:
    """Return how to accept a model's terms. Groq links this page in its refusal."""
    page = f"https://console.groq.com/playground?model={quote(model, safe='')}"
    return f"let an admin of the key's organization accept them at {page}, or name another model"


def _for(wait_s: float | None) -> str:
    return "" if wait_s is None else f" for {lasting(wait_s)}"


def _in(wait_s: float | None) -> str:
    return " later" if wait_s is None else f" in {lasting(wait_s)}"
