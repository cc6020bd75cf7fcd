"""People say yes and no in many ways. What is neither costs a repetition, and never puts anybody through."""

from __future__ import annotations

import pytest

from agents.phone.answer import understood
from agents.roster.phone_words import PhoneWords

WORDS = PhoneWords.model_validate({})

YES = """
Yes.|Yeah.|Yep.|Yup!|Sure.|Okay.|OK|Alright.|All right.|Fine.|Absolutely.|Certainly.|Of course.
By all means.|Yes, please.|Yes please, put them through.|Yep, I'll take it.|Sure, no problem.|No problem.
No worries, go ahead.|Okay, go ahead.|Yeah, go on.|Go ahead please.|Please put them through.
You can put her through.|Put him through.|Um, yes.|Uh, yeah, sure.|Oh yes.|Well, okay.
I'll take the call.|I will take it.|I don't mind.|Please do.|Okay, connect us.|That's fine.|Yes yes.|Mhm.
Mm-hmm.|Uh-huh.|I accept.|Not a problem, put them on.
"""
NO = """
No.|Nope.|Nah.|No thanks.|No, thank you.|Not now.|I can't right now.|I cannot right now.|I'm busy.|Later.
Yes, but not now.|Okay, but not today.|Sure, but call back tomorrow.|Another time please.
Don't put them through.|Of course not.|Wrong number.|Okay, bye.|I won't.|Yes, later.|Uh-uh.|Mm-mm.
Nuh-uh.|Never.|Decline.|I'm not the engineer.|No problem, but not now.|It's no trouble but I can't.
Ask someone else.
"""
UNCLEAR = """
Hello?|Who is that?|Who's calling?|Yes, who is it?|Okay, what is it about?|Hold on.|Okay, one moment.
Sure, hang on a second.|Sorry?|Pardon?|Sorry, I can't hear you.|Yes, I can hear you.|I don't understand.
Can you say that again?|Why not?|Yes, speaking.|Yes, this is Ben.|Put them through to my colleague.|Ben
The invoice|Yesterday.|Surely you jest||I don't know.|I am not sure.|Is it okay|Who should take it
Wait, yes|Yes this is the office of somebody who will ring you soon and is out
"""


def each(of: str) -> list[str]:
    return of.replace("\n", "|").strip("|").split("|")


@pytest.mark.fault("T34")
@pytest.mark.parametrize("said", each(YES))
def test_a_yes_is_understood_in_many_ways(said: str) -> None:
    assert understood(said, WORDS, over_us=False) == "yes"


@pytest.mark.parametrize("said", each(NO))
def test_a_no_is_understood_in_many_ways_also_behind_a_yes(said: str) -> None:
    assert understood(said, WORDS, over_us=False) == "no"


@pytest.mark.parametrize("said", each(UNCLEAR))
def test_a_question_a_wait_and_other_words_are_neither(said: str) -> None:
    assert understood(said, WORDS, over_us=False) == "other"


@pytest.mark.parametrize("said", ["Mhm.", "Uh-huh."])
def test_a_hum_while_we_speak_only_shows_that_somebody_listens(said: str) -> None:
    assert understood(said, WORDS, over_us=True) == "other"


@pytest.mark.parametrize("said", ["Yes.", "Okay.", "Yeah, put them through."])
def test_a_yes_while_we_speak_counts(said: str) -> None:
    assert understood(said, WORDS, over_us=True) == "yes"


def test_a_house_chooses_its_words() -> None:
    german = PhoneWords.model_validate(
        {"yes": ["ja", "kein problem"], "no": ["nein", "kein", "nicht"], "again": ["wer ist", "moment"]}
    )
    for said, answer in {
        "Ja, gern.": "yes",
        "Kein Problem.": "yes",
        "Ja, aber gerade nicht.": "no",
        "Moment, wer ist da?": "other",
    }.items():
        assert understood(said, german, over_us=False) == answer


def test_an_entry_without_words_is_in_no_answer() -> None:
    marks = PhoneWords.model_validate({"yes": ["!"], "no": ["?"], "again": ["..."]})
    assert understood("Hello", marks, over_us=False) == "other"
