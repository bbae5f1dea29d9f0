"""Every slip of the course fails in a variant, too, and is named there as in the course; one variant, all slips."""

import pytest

from lstm_helpers.checks import judge
from tests.variants.kinds import SEEDS, TURNED, judged, turned


@pytest.mark.parametrize(("exercise", "name"), TURNED)
def test_every_slip_fails_and_keeps_its_name(exercise, name):
    check, _ = turned(exercise, name, SEEDS[-1])
    own = [slip.name for slip in check.misconceptions if slip.first]
    for slip in (slip for slip in check.misconceptions if not slip.last):  # which others may explain, too
        result = judged(check, slip.build())
        assert result.state != judge.CORRECT, slip.name
        assert result.cause in (slip.name, *own), f"{slip.name}: {result.text}"
