"""The operators' acts on calls and handoffs. The API and the command line share this one implementation.

An act validates the request, writes one guarded row, and nudges the call's holder, which acts on the row.
The act returns the row as written; the events record what becomes of it.

Raises: ActRefused, HandoffOpen, HandoffsSpent, OnHold, StoreError.
"""

from operators.acts.calls import ask_holder, mark_called_back, start_agent
from operators.acts.context import ActContext
from operators.acts.handoffs import approve, cancel, redirect, start_handoff, take_back
from operators.acts.hold import hold, resume
from operators.acts.keeping import end_legal_hold, forget, put_legal_hold
from operators.acts.keys import press_keys
from operators.acts.supervision import supervise

__all__ = [
    "ActContext",
    "approve",
    "ask_holder",
    "cancel",
    "end_legal_hold",
    "forget",
    "hold",
    "mark_called_back",
    "press_keys",
    "put_legal_hold",
    "redirect",
    "resume",
    "start_agent",
    "start_handoff",
    "supervise",
    "take_back",
]
