from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge.cut import LONGEST, cut


def cut_into(text: str) -> list[tuple[str, str, int]]:
    return [(passage.heading, passage.text, passage.line) for passage in cut("page.md", text)]


def test_each_heading_begins_a_passage_which_knows_the_headings_above_it() -> None:
    text = "Before.\n\n# Refunds\n\nAll of them.\n\n## By card\nThree days.\n\n# Returns\n### Abroad ##\nPay."
    assert cut_into(text) == [
        ("", "Before.", 1),
        ("Refunds", "All of them.", 5),
        ("Refunds › By card", "Three days.", 8),
        ("Returns › Abroad", "Pay.", 12),
    ]


def test_underlined_headings_are_headings_and_a_rule_is_none() -> None:
    text = "Refunds\n=======\nAll of them.\n\n---\n\nBy card\n-------\nThree days.\n"
    assert cut_into(text) == [("Refunds", "All of them.", 3), ("Refunds › By card", "Three days.", 9)]


def test_nothing_in_code_in_comments_and_before_the_text_is_a_heading() -> None:
    text = "---\ntitle: x\n# no\n---\n<!-- # no\n-->\n```sh\n# no\n```\n"
    assert cut_into(text) == [("", "# no", 8)]


def test_marks_and_addresses_are_left_out() -> None:
    assert cut_into("See [our **shop**](https://example.com/a_(b)) and ![a map](map.png).\n") == [
        ("", "See our shop and a map.", 1)
    ]


def test_a_long_section_is_cut_between_paragraphs_and_each_part_keeps_its_heading_and_line() -> None:
    paragraph = "A sentence of many words. " * 20
    text = f"# Terms\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n"
    assert [(heading, line) for heading, _, line in cut_into(text)] == [
        ("Terms", 2),
        ("Terms", 4),
        ("Terms", 6),
    ]


def test_lists_and_tables_keep_their_lines() -> None:
    assert (
        cut_into("# Prices\n| small | 5 |\n|---|---|\n- one\n- two\n")[0][1]
        == "| small | 5 |\n|---|---|\n- one\n- two"
    )


@given(st.text(alphabet=st.sampled_from("#=-`~ab .\n[](){}*_<>!é中\t"), max_size=400))
def test_whatever_stands_in_a_document_no_passage_is_empty_or_too_long(text: str) -> None:
    for passage in cut("page.md", text):
        assert any(map(str.isalnum, passage.text))
        assert len(passage.text) <= LONGEST
        assert 1 <= passage.line <= text.count("\n") + 1


@given(st.text(alphabet="ab 。.\n", min_size=LONGEST, max_size=4 * LONGEST))
def test_no_word_is_lost_of_a_long_text(text: str) -> None:
    together = "".join(passage.text for passage in cut("page.txt", text))
    assert together.count("a") == text.count("a")
    assert together.count("b") == text.count("b")
