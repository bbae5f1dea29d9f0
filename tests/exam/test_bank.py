"""The question bank: what its pages hold, and that a page with a fault says where and what to write."""

import re

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam.asked import ask
from lstm_helpers.exam.bank import BankError
from lstm_helpers.exam.figures import PICTURES
from lstm_helpers.figures import hard_to_read

BANK = pages.load()
QUESTIONS = list(BANK.questions.values())


def test_the_bank_covers_each_objective_and_each_kind():
    assert len(QUESTIONS) >= 80
    for objective in BANK.objectives:
        assert sum(question.objective == objective for question in QUESTIONS) >= 2, objective
    assert {question.kind for question in QUESTIONS} == set(pages.KINDS)


def test_no_two_questions_differ_only_in_their_numbers():
    def shape(question):
        text = " ".join([question.text, *(option.text for option in question.options)])
        return re.sub(r"\{\w+\}|[-\d.,]+", "#", text).casefold()

    shapes = [shape(question) for question in QUESTIONS]
    twice = {one for one in shapes if shapes.count(one) > 1}
    assert not twice


def test_each_objective_names_checks_of_the_exercises():
    known = {check for sheet in checks.sheets().values() for check in sheet.checks}
    assert {check for objective in BANK.objectives.values() for check in objective.checks} <= known


def test_claims_and_pictures_are_those_of_the_course():
    claims = {f"C{number:02d}" for number in range(1, 29)}
    assert {question.claim for question in QUESTIONS if question.claim} <= claims
    assert {question.picture for question in QUESTIONS if question.picture} == set(PICTURES)
    assert all(question.picture for question in QUESTIONS if question.kind == "plot")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_can_be_read_and_described_without_its_answer(name):
    from matplotlib import pyplot

    fig, alt = PICTURES[name]()
    assert not hard_to_read(fig)
    pyplot.close(fig)
    assert len(alt) > 60
    for question in QUESTIONS:
        if question.picture == name and question.options:
            right = next(option for option in question.options if option.right)
            assert right.text.casefold() not in alt.casefold()


def test_the_length_of_an_option_does_not_tell_whether_it_is_right():
    picked = [question for question in QUESTIONS if question.options]
    for pick in (max, min):
        share = sum(pick(q.options, key=lambda option: len(option.text)).right for q in picked) / len(picked)
        assert share <= 0.35, f"{pick.__name__}: {share:.2f}"


GOOD = """# A topic

- **keeping** Say what keeps. (checks: lstm_step)

## keep
*choice · keeping*
What does a forget gate of 1 do?

- [x] It keeps.
  c = c_prev.
- [ ] It drops.
  That is 0.
- [ ] It adds.
  That is the input gate.
"""


def read(tmp_path, text):
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return pages.load.__wrapped__(tmp_path)


def test_a_page_is_read(tmp_path):
    question = read(tmp_path, GOOD).questions["keep"]
    assert [option.right for option in question.options] == [True, False, False]
    assert question.options[0].why == "c = c_prev."


FAULTS = {
    "no title": ("# A topic\n", "\n", "line 1: expected the topic's title"),
    "no kind": ("*choice · keeping*", "choice, keeping", "line 5: expected a line such as `*choice · updates*`"),
    "a kind that is none": ("*choice", "*chioce", "line 6: 'chioce' is no kind of question: choice"),
    "an objective that is none": ("· keeping*", "· keepign*", "line 5: no page has an objective 'keepign': keeping"),
    "two right ones": ("- [ ] It adds.", "- [x] It adds.", "line 5: expected three options or more, one of them right"),
    "no right one": ("- [x]", "- [ ]", "line 5: expected three options or more, one of them right"),
    "no reason": ("  That is 0.\n", "", "line 5: expected three options or more, one of them right, each with its"),
    "a box that is none": ("- [ ] It drops.", "- [] It drops.", "line 11: expected an option"),
    "no text": ("What does a forget gate of 1 do?\n", "", "line 5: keep asks nothing"),
    "a picture that is none": ("· keeping*", "· keeping · picture: cel*", "line 5: there is no picture 'cel': cell, "),
    "what is neither claim nor picture": (
        "· keeping*",
        "· keeping · C7*",
        "line 6: expected a claim, `C07`, or a pict",
    ),
    "a heading of another level": ("- [ ] It adds.", "### adds", "line 13: expected the name of a question, `## keep`"),
    "a heading without a name": ("- [ ] It adds.", "##", "line 13: expected the name of a question, `## keep`"),
    "the same option twice": ("- [ ] It adds.", "- [ ] It drops.", "line 5: two options are the same"),
    "an objective out of shape": ("- **keeping** Say", "- keeping: Say", "line 3: expected an objective"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_a_page_is_told_with_its_place(tmp_path, fault):
    old, new, said = FAULTS[fault]
    assert old in GOOD
    with pytest.raises(BankError, match=re.escape(said)):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_a_name_is_used_once(tmp_path):
    with pytest.raises(BankError, match="page.md, line 16: 'keep' is the name of another one: take a new name"):
        read(tmp_path, GOOD + "\n" + GOOD[GOOD.index("## keep") :])
    (tmp_path / "other.md").write_text(GOOD, encoding="utf-8")
    with pytest.raises(BankError, match="page.md, line 3: 'keeping' is the name of another one: take a new name"):
        read(tmp_path, GOOD)


def test_a_page_of_another_encoding_is_told(tmp_path):
    (tmp_path / "page.md").write_bytes(GOOD.replace("keeps", "h\u00e4lt").encode("latin-1"))
    with pytest.raises(BankError, match="page.md: cannot be read as UTF-8 .*: save it as UTF-8"):
        pages.load.__wrapped__(tmp_path)


NUMBER = """| number | drawn from |
|---|---|
| n | 1, 2 |

- = `n + 1` (within 1 %) x
- ≠ `n` y
- ≠ `3 * n` z
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "`3 * n`",
            "`3 * m`",
            "line 14: `3 * m` cannot be computed (name 'm' is not defined); it may use n, ceil, exp",
        ),
        ("`3 * n`", "`3 * * n`", "line 14: `3 * * n` cannot be computed (invalid syntax"),
        ("`3 * n`", "`exp`", "line 14: `exp` cannot be computed"),
        (
            "| n | 1, 2 |",
            "| n | 1; 2 |",
            "line 10: expected a row such as `| f | 0.1, 0.5, 0.9 |`; found '| n | 1; 2 |'",
        ),
        ("| n | 1, 2 |", "| n | 1,, 2 |", "line 10: expected numbers with commas between them"),
        (" (within 1 %)", "", "line 12: how exactly is it asked? Write `(within 0.01)` or `(within 2 %)`"),
        ("| n | 1, 2 |", "| n | 1, 2 |\n| k | 3 |", "line 5: k is in the table and not in the question: write {k}"),
        ("What is {n}", "What is {n} {k}", "line 5: {k} is in the question and not in its table: add `| k | 1, 2 |`"),
    ],
)
def test_a_number_that_cannot_be_computed_is_told_with_its_place(tmp_path, old, new, said):
    page = GOOD.partition("*choice")[0] + "*number · keeping*\nWhat is {n} + 1?\n" + NUMBER
    assert read(tmp_path, page).questions["keep"].results[0].value({"n": 2}) == 3
    assert old in page
    with pytest.raises(BankError, match=re.escape(said)):
        read(tmp_path, page.replace(old, new, 1))


def test_numbers_of_which_none_gives_a_result_are_told_when_the_question_is_asked(tmp_path):
    page = GOOD.partition("*choice")[0] + "*number · keeping*\nWhat is {n} + 1?\n" + NUMBER
    for code in ("log(n - 5)", "1 / (n - n)", "exp(1000 * n)", "n"):
        question = read(tmp_path, page.replace("n + 1`", f"{code}`")).questions["keep"]
        with pytest.raises(BankError, match="page.md, line 5: with all numbers .* draw from others"):
            ask(question, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("order", "1. a\n3. b\n2. c\n", "numbered in their order"),
        ("order", "1. a\n2. b\n", "three steps or more"),
        ("match", "- a: b\n- c: d\n", "three pairs or more"),
        ("match", "- a: b\n- c, d\n- e: f\n", "expected a pair"),
        ("number", "- = `1` (within 1) x\n- ≠ `2` y\n- ≠ `3` z\n", "expected a table of numbers"),
        ("number", "| n | 1, 2 |\n- ≠ `2` y\n- ≠ `3` z\n- = `1` (within 1) x\n", "then `- =` once"),
        ("number", "| n | 1, 2 |\n- = `n` x\n- ≠ `2` y\n- ≠ `3` z\n", "how exactly is it asked?"),
        ("number", "| n | 1, 2 |\n- = `n` (within 1 step) x\n- ≠ `2` y\n- ≠ `3` z\n", "expected `(within 0.01)`"),
        ("short", "- (1) a\n", "expected `Model answer: ...`"),
    ],
)
def test_each_kind_says_what_it_expects(tmp_path, kind, body, said):
    head = GOOD.partition("*choice")[0] + f"*{kind} · keeping*\nWhat?\n\n"
    if kind == "number" and "| n |" in body:
        head += "| number | drawn from |\n|---|---|\n"
    with pytest.raises(BankError, match=re.escape(said)):
        read(tmp_path, head + body)
