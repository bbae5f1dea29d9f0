"""Mutation test of the checks: every mutant of every solution function dies, but for those that are no different."""

import hashlib
import inspect
import itertools
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import compare, judge, probe
from tests.checks import mutants as mutation
from tests.checks.solved import compiled, every_styles, fails, functions

SEEDS = (checks.SEED, 20261122)  # a mutant has to die under each
# Why a mutant that lives is none: the changed line, and why it computes the same. Verified on 2,000 random inputs.
CALLS = {name: others for styles in every_styles() for name, others in getattr(styles, "CALLS", {}).items()}
SAME = {line: why for styles in every_styles() for line, why in getattr(styles, "SAME", {}).items()}


def _differ_on_random_inputs(check, answers, original, rounds):
    """Which of the answers, all right on every case, have another value than the original on one of these inputs."""
    rng, differ = np.random.default_rng(7), set()
    drawn = (case for _ in iter(int, 1) for _, case in check.cases(rng))
    with np.errstate(all="ignore"), probe.random_state_kept():
        for number, case in enumerate(itertools.islice(drawn, rounds)):
            want, *found = probe.outcomes([original, *answers], case, check.probe, check.returns, number)
            for answer, got in zip(answers, found, strict=True):
                if got is None or not all(compare.agree(check, got[name], want[name], case) for name in want):
                    differ.add(answer)
    return differ


def _survivors(exercise, name, source):
    check = checks.find(name)
    drawn = [check.draw(seed) for seed in SEEDS]
    wanted = [judge.observe(check, check.oracle, cases) for cases in drawn]
    survivors, total = [], 0
    for what, line, mutant in mutation.mutants(source, CALLS):
        total += 1
        fn = compiled(mutant, exercise)
        if not all(fails(check, fn, cases, want) for cases, want in zip(drawn, wanted, strict=True)):
            survivors.append((what, line, mutant))
    return survivors, total


def _changed_line(mutant, source):
    lines = [line.strip() for line in mutant.splitlines() if line not in source.splitlines()]
    return lines[0] if len(lines) == 1 else mutant


def _key(source):
    """A hash of all that the score depends on: the solution, engine, sheets and answers, operators and exemptions."""
    package = Path(inspect.getfile(checks)).parents[1]
    files = [
        path for room in ("checks", "lessons", "nn", "projects") for path in sorted((package / room).rglob("*.py"))
    ]
    files += [Path(mutation.__file__), Path(__file__)]
    parts = [source.encode(), "\n".join(SAME).encode(), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


@pytest.mark.parametrize(("exercise", "name", "source"), functions(), ids=lambda v: v if len(v) < 30 else "")
def test_every_mutant_dies_but_the_equivalent_ones(exercise, name, source, request, record_property):
    cache, slot = request.config.cache, f"mutation/{_key(source)}/{name}"
    if (found := cache.get(slot, None)) is None:
        survivors, total = _survivors(exercise, name, source)
        alive = [compiled(text, exercise) for *_, text in survivors]
        differ = _differ_on_random_inputs(checks.find(name), alive, compiled(source, exercise), 400) if alive else ()
        unexplained = [
            (what, line, text)
            for (what, line, text), answer in zip(survivors, alive, strict=True)
            if answer in differ or _changed_line(text, source) not in SAME
        ]
        found = [total, len(survivors), unexplained]
        cache.set(slot, found)
    total, equivalent, unexplained = found
    assert total > 0
    assert not unexplained, "\n\n".join(
        [
            "Add a case to the sheet in which it is wrong; or, where it computes the same, its changed line with the "
            "reason to SAME in the lesson's tests, styles.py",
            *(f"survives ({what}, line {line}):\n{text}" for what, line, text in unexplained),
        ]
    )
    record_property("mutants", [total, equivalent])  # conftest.py adds them up


def test_few_mutants_are_exempted_and_every_exemption_has_one():
    lines = [
        _changed_line(mutant, source) for *_, source in functions() for *_, mutant in mutation.mutants(source, CALLS)
    ]
    exempted = [line for line in lines if line in SAME]
    assert len(exempted) <= 0.03 * len(lines)
    assert not (idle := set(SAME) - set(exempted)), f"no mutant has these lines, take them out of SAME: {idle}"
