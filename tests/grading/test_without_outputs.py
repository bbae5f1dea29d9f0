"""What lies around a notebook's code does not hide it: other files, zips in zips, outputs larger than any code."""

import io
import json

import pytest

from lstm_helpers.grading.submissions import class_folder, reading, without_outputs
from tests.grading.test_reading import GATES, found, pairs, zipped


def in_zips(depth, name="03_gates.ipynb", content=GATES):
    for k in range(depth):
        name, content = f"{k}.zip", zipped({name: content})
    return {f"ann/{name}": content}


def test_a_notebook_among_thousands_of_other_files_is_found(tmp_path):
    others = {f"a/{k}.{ending}": "{}" for k in range(1100) for ending in ("png", "json")}
    files = {"ann/hw.zip": zipped(others | {"z/03_gates.ipynb": GATES})}
    files |= {f"bob/{name}": content for name, content in others.items()} | {"bob/z/03_gates.ipynb": GATES}
    assert pairs(found(tmp_path, files)) == [("ann", "03_gates"), ("bob", "03_gates")]


def test_a_folder_that_is_not_walked_to_its_end_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folder, "MOST_WALKED", 20)
    files = {f"ann/a/{k}.png": "" for k in range(30)} | {"ann/b/03_gates.ipynb": GATES, "bob/03_gates.ipynb": GATES}
    files |= {f"bob/{k}.png": "" for k in range(30)}
    result = found(tmp_path, files)
    assert pairs(result) == [("bob", "03_gates")]
    assert any(s == "ann" and "more than 20 files" in why for s, _, why in result.strays)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_notebook_in_zips_in_a_zip_is_found(tmp_path, depth):
    (handed,) = found(tmp_path, in_zips(depth)).handed_in
    assert handed.read().decode() == GATES


def test_zips_without_end_cost_their_student_alone_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folder, "MOST_ZIPS", 5)
    many = zipped({f"{k}.zip": zipped({"x.txt": ""}) for k in range(9)})
    files = in_zips(5) | {"cat/many.zip": many, "bob/03_gates.ipynb": GATES}
    result = found(tmp_path, files)
    assert pairs(result) == [("bob", "03_gates")]
    assert all(any(s == who and "a zip inside of zips" in why for s, _, why in result.strays) for who in ("ann", "cat"))


def test_a_zip_that_is_called_like_a_notebook_inside_is_opened(tmp_path):
    files = {"ann/03_gates.ipynb.zip": zipped({"03_gates.ipynb": GATES}), "bob/03_gates.ipynb.zip": GATES}
    assert [h.read().decode() for h in found(tmp_path, files).handed_in] == [GATES, GATES]


def shown(megabytes, **more):
    """A notebook with outputs, attachments and widgets of this size together, whose text looks like them."""
    picture = "A" * (megabytes << 18)
    data = {"image/png": picture, "text/plain": '\\"outputs": [{"' + "]}" * 9}
    cell = {"cell_type": "code", "source": "s = '\"outputs\": [{'\ndef sigmoid(z):\n    return z", "metadata": {}}
    data |= {"ends": "\\", "quoted": '"\\"'}
    cell |= {"outputs": [{"data": data, "lines": [["]", "}"], [picture]]}]}
    text = {"cell_type": "markdown", "source": "[\\", "attachments": {"a.png": {"image/png": picture}}}
    return {"cells": [text, cell], "metadata": {"widgets": {"state": {"a": picture}}}, "nbformat": 4, **more}


@pytest.mark.parametrize("packed", [False, True])
def test_outputs_of_any_size_are_not_what_is_read(tmp_path, packed):
    content = json.dumps(shown(24))
    files = {"ann/hw.zip": zipped({"03_gates.ipynb": content})} if packed else {"ann/03_gates.ipynb": content}
    files |= {"bob/03_gates.ipynb": content, "bob/03_gates-Copy1.ipynb": content}
    handed, other = found(tmp_path, files).handed_in
    data = handed.read()
    assert len(data) < 1000
    assert reading.parse(data).cells == reading.parse(content.encode()).cells == [shown(0)["cells"][1]["source"]]
    assert other.source.taken == len(content)


def filled(what):
    return json.dumps({"cells": [{"cell_type": "code", "source": what, "outputs": []}]})


@pytest.mark.parametrize("limit", ["LARGEST_NOTEBOOK", "LARGEST_WHOLE", "MOST_PIECES"])
def test_a_notebook_is_bound_in_what_is_kept_in_what_is_read_and_in_time(tmp_path, monkeypatch, limit):
    if limit != "LARGEST_NOTEBOOK":
        monkeypatch.setattr(without_outputs, limit, {"LARGEST_WHOLE": 22 << 20, "MOST_PIECES": 30}[limit])
    content = filled("#" * (20 << 20)) if limit == "LARGEST_NOTEBOOK" else json.dumps(shown(24))
    (handed,) = found(tmp_path, {"ann/03_gates.ipynb": content}).handed_in
    with pytest.raises(reading.Unreadable, match="larger than 20 MB: clear its outputs, and hand it in again"):
        handed.read()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_nothing_depends_on_where_a_file_is_cut_while_it_is_read(monkeypatch, size):
    monkeypatch.setattr(without_outputs, "CHUNK", size)
    whole = json.dumps(shown(0))
    data, taken = without_outputs.read(io.BytesIO(whole.encode()), 1 << 20)
    expected = shown(0)
    expected["cells"][0]["attachments"], expected["cells"][1]["outputs"] = {}, []
    expected["metadata"]["widgets"] = {}
    assert (json.loads(data), taken) == (expected, len(whole))
