"""A recipe stands for what is computed: what is said of it may change."""

import importlib.util

import pytest

from lstm_helpers import runs

CODE = '''
def step(x):
    """What it does."""
    total = x * 2  # twice
    return f"# {total}"
'''


@pytest.fixture
def text_of(tmp_path):
    def text(source):
        file = tmp_path / f"recipe_{abs(hash(source))}.py"
        file.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return runs.code(module)

    return text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What it does.", "What it\n    does, in two lines."),
        ('    """What it does."""\n', ""),
        ("# twice", "# two times"),
        ("x * 2", "x  *  2"),
        ("def step", '"""The module."""\n\n\ndef step'),
    ],
)
def test_what_is_said_of_code_is_no_part_of_its_recipe(text_of, old, new):
    assert old in CODE
    assert text_of(CODE.replace(old, new)) == text_of(CODE)


@pytest.mark.parametrize(("old", "new"), [("x * 2", "x + 2"), ("# {total}", "## {total}"), ("return", "yield")])
def test_what_is_computed_is(text_of, old, new):
    assert old in CODE
    assert text_of(CODE.replace(old, new)) != text_of(CODE)


def test_a_method_is_read_wherever_it_stands():
    class Inner:
        def method(self):
            """Said."""
            return 1

    assert runs.code(Inner.method) == "defmethod(self):return1"
