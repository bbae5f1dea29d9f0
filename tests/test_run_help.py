"""``python tests/run.py --help`` says what there is to run, and runs nothing."""

import pytest

from tests import run


@pytest.mark.parametrize("asked", [["--help"], ["-h"], ["unit", "--help"]])
def test_help_is_the_head_of_the_file(asked, monkeypatch, capsys):
    monkeypatch.setattr(run, "run", lambda name: pytest.fail(f"{name} was run"))
    assert run.main(asked) == 0
    said = capsys.readouterr()
    assert said.out.strip() == run.__doc__.strip()
    assert all(f"    {stage} " in said.out for stage in run.STAGES)
    assert said.err == ""


def test_an_unknown_stage_is_named_with_those_that_there_are(capsys):
    assert run.main(["unitt"]) == 2
    assert "there is no stage unitt; there are: style, unit, " in capsys.readouterr().err
