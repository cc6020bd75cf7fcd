"""Which sentences announce a transfer, and which only sound like it."""

from __future__ import annotations

import pytest

from agents.monitors.transfer_phrases import Promise, PromiseRule

pytestmark = pytest.mark.fault("B15")

RULE = PromiseRule(
    {"billing": "the billing desk", "technical": "the technical desk", "front-desk": "the front desk"}
)

PROMISES = {
    "billing": [
        "I'll put you through to the billing desk.",
        "I will put you through to billing now.",
        "I’ll transfer you to the billing desk right away.",
        "I am transferring you to billing.",
        "I'm going to transfer you to our billing team.",
        "I'm now connecting you with the billing desk.",
        "Let me put you through to billing.",
        "Let me connect you to the billing desk!",
        "Let me just get the billing desk for you.",
        "Let me get someone from billing.",
        "Let me bring in the billing desk.",
        "Let me get billing on the line.",
        "I'll hand you over to my colleagues at billing.",
        "I'm handing you over to the billing desk now.",
        "I'll pass you on to a colleague in billing.",
        "I'll pass you over to the billing department.",
        "I'll pass this call on to the billing desk.",
        "I am transferring your call to billing now.",
        "Transferring you to the billing desk now.",
        "Connecting you with billing.",
        "Okay, putting you through to billing.",
        "One moment while I connect you to the billing desk.",
        "Please hold while I transfer you to billing.",
        "Certainly. One moment, please, while I put you through to the billing desk.",
        "You are now being connected to the billing desk.",
        "You will be transferred to billing.",
        "I have transferred you to the billing desk.",
        "I've put you through to billing.",
        "I see, you were charged twice. That is one for billing. I'll put you through now.",
        "That is for the billing desk to look at. I am transferring you.",
        "We will redirect you to the billing desk.",
        "I'll send you over to billing.",
        "I'll get you straight through to the billing desk.",
        "Of course, I'm forwarding you to billing.",
        "Alright, transferring you to billing.",
        "I'll go ahead and transfer you to the billing desk.",
        "Thanks! I'll now hand over to billing.",
        "Handing over to the billing desk now.",
        "Sure, I'll get you connected with billing.",
        "I'll put you in touch with billing.",
        "Stay with me, billing will be with you in a moment.",
        "The billing desk will take over now.",
        "I'm sorry to hear that. I'll put you through to the billing desk — one moment.",
    ],
    "technical": [
        "I'll put you through to the technical desk.",
        "Let me hand you over to our technical team.",
        "I'm connecting you with someone from the technical desk.",
        "I'm looping in the technical desk.",
    ],
    "front-desk": [
        "I'll put you back through to the front desk.",
        "Let me transfer you to the front desk.",
        "I'll take you back to the front desk.",
    ],
}

TO_NOBODY = [
    "I'll put you through now.",
    "I am transferring you.",
    "I'll hand you over to a colleague.",
    "I'll transfer you to our sales team.",
    "I'm putting you through to a specialist now.",
    "Let me pass you on to someone from the legal department.",
    "You are being transferred.",
    "That is for billing or technical. I'll put you through.",
]

NONE = [
    "",
    "Good day to you.",
    "Shall I put you through to the billing desk?",
    "Would you like me to transfer you to billing?",
    "I can put you through to the billing desk.",
    "I could transfer you to billing.",
    "I'd be happy to transfer you to the billing desk.",
    "If you like, I'll put you through to billing.",
    "I will put you through to the billing desk if that is all right.",
    "When you are ready, I'll transfer you to billing.",
    "Once I have your number, I'll put you through to the billing desk.",
    "First I need your number. Then I can transfer you to billing.",
    "I cannot put you through to billing.",
    "I can't transfer you to the billing desk.",
    "I am not transferring you to billing.",
    "I won't put you through to the billing desk again.",
    "I tried to put you through to the billing desk.",
    "I could not reach the billing desk.",
    "They will transfer the money to your account.",
    "They'll put you through to billing.",
    "I'll transfer the money to your account.",
    "I will transfer the second payment back to you.",
    "I'll transfer you to the cheaper plan.",
    "I'll put you down for a technician tomorrow between eight and twelve.",
    "I'll put you on the list.",
    "I'll put you through the steps one by one.",
    "I'll get you a technician for tomorrow.",
    "Let me get the invoice for you.",
    "Let me bring up your invoice.",
    "I'll connect you to the new network.",
    "Connect your computer to the router, please.",
    "Please connect the cable to the router.",
    "I'll send you a letter from billing.",
    "I'll send you the billing details.",
    "I'll get the billing desk to send you a letter.",
    "I will let the billing desk know.",
    "I'll pass that on to billing.",
    "I'll hand this on to the billing desk for you.",
    "The billing desk looks after invoices.",
    "The billing desk will call you back.",
    "Is it about billing, or about your connection?",
    "You were at the billing desk before.",
    "You have already been transferred once.",
    "Has anyone put you through to the technical desk before?",
    "The technical desk is open from eight to eight.",
    "Your call is important to us.",
    "I understand that you were put through to the wrong desk.",
    "Let me see if I can put you through to billing.",
    "I'll make sure billing gets this.",
    "I'm passing you the number now.",
    "I'll hand you the details.",
    "The billing desk will be able to tell you more.",
    "Our technician will bring you to the front of the queue.",
    "I am with you. What does the router show?",
    "I'll stay on the line with you.",
    "We are switching you to the faster line on Monday.",
    "I'm getting a red light, too.",
    "Hello, this is the billing desk. I understand that you were charged twice. Let me help you with that.",
]


def test_an_announcement_names_its_desk(subtests: pytest.Subtests) -> None:
    for role, promises in PROMISES.items():
        for words in promises:
            with subtests.test(words):
                assert RULE.promise_in(words) == Promise(role)


def test_an_announcement_without_a_clear_desk_has_no_target(subtests: pytest.Subtests) -> None:
    for words in TO_NOBODY:
        with subtests.test(words):
            assert RULE.promise_in(words) == Promise(None)


def test_a_sentence_that_only_sounds_like_it_is_no_announcement(subtests: pytest.Subtests) -> None:
    for words in NONE:
        with subtests.test(words):
            assert RULE.promise_in(words) is None


def test_a_role_that_may_not_hand_over_can_still_announce_it() -> None:
    assert PromiseRule({}).promise_in("I'll put you through now.") == Promise(None)
    assert PromiseRule({}).promise_in("I'll get the billing desk for you.") is None


def test_a_role_is_known_by_its_spoken_name_and_by_its_id() -> None:
    rule = PromiseRule({"second-level": "our router specialists"})
    assert rule.promise_in("I'll put you through to our router specialists.") == Promise("second-level")
    assert rule.promise_in("I'll put you through to second level.") == Promise("second-level")
