"""house.md's `phone`: which numbers roles may call, what they say, and what answers mean. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from agents.roster.checked import Checked, Line, placeholders
from agents.roster.phone import Prefix

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class PhoneWords(Checked):
    """What is said and heard on the telephone of a person who is called."""

    prefixes: tuple[Prefix, ...] = Field(
        (),
        description="how numbers begin that may be called, such as "
        '["+4930", "+1555"]; without any, nobody is called',
    )
    hello: Annotated[str, placeholders("target")] = Field(
        "Hello, I have a caller for {target}.",
        description="the first words to a person who answers; the brief follows; may contain {target}",
    )
    question: Line = Field(
        "To take the call, press one, or say yes. If you cannot, press two.",
        description="the question after the brief",
    )
    repeat: Line = Field(
        "I did not get that. Press one, or say yes. If you cannot, press two.",
        description="the question once more, to a person whose answer was not understood",
    )
    refer: Line = Field(
        "The caller rings this telephone now. Please answer it: this call ends by itself.",
        description="what a person who has accepted is told where the role has refer_to",
    )
    yes: tuple[Words, ...] = Field(
        (
            *("yes", "yeah", "yep", "yup", "sure", "okay", "ok", "alright", "all right", "fine"),
            *("absolutely", "certainly", "definitely", "gladly", "accept", "of course", "by all means"),
            *("go ahead", "go on", "go for it", "please do", "that's fine", "that is fine", "i'm ready"),
            *("put them through", "put him through", "put her through", "put it through"),
            *("put the caller through", "put them on", "patch them through", "send them through"),
            *("connect me", "connect us", "connect them", "connect him", "connect her"),
            *("i accept", "i'll take it", "i'll take the call", "i'll take this", "i'll take them"),
            *("i will take it", "i will take the call", "i can take it", "i can take the call"),
            *("i'll talk to them", "i will talk to them", "i'll speak to them", "i'll speak with them"),
            *("no problem", "not a problem", "no worries", "no trouble", "don't mind", "do not mind"),
        ),
        description="first words of an answer that accepts the caller, such as [yes, sure]; "
        "entries of several words may be anywhere in it",
    )
    no: tuple[Words, ...] = Field(
        (
            *("no", "nope", "nah", "not", "never", "don't", "can't", "cannot", "won't", "busy", "later"),
            *("another time", "some other time", "decline", "reject", "wrong number", "call back"),
            *("call me back", "call them back", "hang up", "bye", "goodbye", "someone else", "somebody else"),
            *("uh uh", "nuh uh", "mm mm"),
        ),
        description="words anywhere in an answer by which the person declines, such as [no, not], unless "
        "they are part of an entry of yes or again, as in no problem",
    )
    again: tuple[Words, ...] = Field(
        (
            *(
                "hold on",
                "hang on",
                "wait",
                "moment",
                "a second",
                "one second",
                "a sec",
                "one sec",
                "a minute",
            ),
            *("who is", "who's", "who are", "what is", "what's", "what do", "what did", "which", "why not"),
            *("sorry", "pardon", "excuse me", "say that again", "repeat", "understand", "catch that"),
            *("hear you", "hear me", "can't hear", "cannot hear", "not hear", "don't hear"),
            *("don't understand", "not understand", "can't understand", "cannot understand"),
            *("not catch", "don't know", "not sure", "this is", "speaking", "through to"),
        ),
        description="words anywhere in an answer that neither takes the caller nor declines, such as "
        "[hold on, who is]: the question is asked again",
    )
    machine: tuple[Words, ...] = Field(
        (
            *("leave a message", "leave me a message", "leave your message", "record your message"),
            *("after the tone", "after the beep", "after the signal", "at the tone", "at the beep"),
            *("voicemail", "voice mail", "mailbox", "answering machine", "message system"),
            *("you have reached", "you've reached"),
            *("is not available", "is currently unavailable", "are not available"),
            *("cannot take your call", "can't take your call", "unable to take your call"),
            *("come to the phone", "no longer in service", "not in service", "cannot be reached"),
            *("switched off", "try again later", "your call is important", "stay on the line"),
            *("press one for", "press one to", "press two for", "press 1 for", "press 1 to", "press 2 for"),
            *("for sales press", "for service press", "for english press", "listen carefully", "main menu"),
            *("this call may be recorded", "please enter", "party's extension", "say yes to"),
        ),
        description="words that only a machine says, such as [leave a message, after the tone]: "
        "the call is ended at once",
    )
    screening: tuple[Words, ...] = Field(
        (
            *("state your name", "say your name", "record your name", "ask who is calling"),
            *("why you are calling", "why you're calling", "reason for calling", "reason for your call"),
            *("to accept this call", "to be connected", "unknown callers", "screening"),
        ),
        description="words by which somebody's telephone asks who calls: the call is ended at once",
    )
