"""What a person brings along: files that cannot be read, and what is no file or no text, are named with a way out."""

import re

import numpy as np
import pytest

from lstm_helpers.projects import own_files
from lstm_helpers.projects.forecasting.own_series import forecast_own, read_series
from lstm_helpers.projects.sentiment import bring_your_own
from lstm_helpers.projects.translation import own

READERS = {
    "sentiment": bring_your_own.read_texts,
    "translation": own.lines_of,
    "forecasting": read_series,
}


@pytest.fixture
def file(tmp_path):
    def made(name, content):
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / name

    return made


# ---------------------------------------------------------------- files of text, for all three projects alike


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.csv", None, "there is no such file. A path starts at this notebook's folder"),
        ("empty.csv", b"", "empty.csv is empty"),
        ("blank.txt", b"\n \n", "blank.txt is empty"),
        ("excel.csv", "a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
        ("table.xlsx", b"PK\x03\x04\x00\x01", "table.xlsx is binary"),
        ("old.csv", "a,b\n1,sch\xf6n\n".encode("latin-1"), "is not UTF-8: line 2 holds the byte 0xf6"),
    ],
)
def test_every_project_says_of_a_file_that_is_no_text_what_it_is(tmp_path, file, read, name, data, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read(tmp_path / name if data is None else file(name, data))


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_folder_and_a_file_that_is_too_large_are_not_read(tmp_path, file, monkeypatch, read):
    with pytest.raises(ValueError, match="this is a folder, expected a file in it"):
        read(tmp_path)
    monkeypatch.setattr(own_files, "LARGEST", 1_000_000)
    with pytest.raises(ValueError, match="has 2 MB, expected at most 1: cut a part out of it"):
        read(file("large.csv", b"2020-01-01,1\n" * 160_000))


def test_a_table_is_separated_by_what_stands_most_often_in_its_first_line():
    assert own_files.separator("a.csv", "id,date,what; or which") == ","
    assert own_files.separator("a.csv", "id;date") == ";"
    assert own_files.separator("a.csv", "id\tdate") == "\t"
    assert own_files.separator("a.tsv", "one, two, three") == "\t"


def test_columns_are_found_in_a_table_with_tabs_and_cells_without_a_value_are_left_out(file):
    tabs = file("tabs.csv", "id\ttext\n1\tI like it, a lot\n2\tNaN\n3\tnull\n4\t\n5\tnot for me\n")
    assert bring_your_own.read_texts(tabs) == ["I like it, a lot", "not for me"]
    assert own.lines_of(tabs, "text") == ["I like it, a lot", "not for me"]
    assert own.lines_of(file("spaces.csv", "\n id , date \n1,3 mai 2020\n"), "date") == ["3 mai 2020"]
    with pytest.raises(ValueError, match="has the columns id, text; expected one of them, such as column='id'"):
        own.lines_of(tabs)


# ---------------------------------------------------------------- what is given in place of texts


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("orders.csv", "'orders.csv' is the name of a file, expected texts: write Path('orders.csv')"),
        (["good", None], "text 2 of 2 is None, expected words"),
        (["good", float("nan")], "text 2 of 2 is nan, expected words"),
        (5, "expected a text or a list of them, got 5"),
        (None, "got None"),
        (b"good", "got b'good'"),
        ([], "got []"),
    ],
)
def test_what_is_no_text_is_named(given, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        bring_your_own.judge(given)
    with pytest.raises(ValueError, match=re.escape(said.replace("Path(", "lines_of("))):
        own.sentences(given)
    with pytest.raises(ValueError, match=re.escape(said.replace("Path(", "lines_of("))):
        own.read_dates(given, reader=None)


def test_texts_may_be_one_a_list_or_a_column_of_numpy():
    assert own_files.texts_of("one.", "{}") == ["one."]
    assert own_files.texts_of(("one", "two"), "{}") == ["one", "two"]
    assert own_files.texts_of(np.array(["one", "two"]), "{}") == ["one", "two"]


def test_where_there_are_no_words_none_are_known_rather_than_a_share_of_them():
    assert "the readers know no word of this" in bring_your_own.warning(["!!!", ":-/"])


# ---------------------------------------------------------------- dates


def test_a_year_that_the_reader_has_never_met_is_refused_and_not_made_into_another_one():
    from lstm_helpers.projects.translation.model import stored_reader

    texts = ["3 mai 1850", "23 de abril de 1616", "3 mai 2020 - 4 mai 2021", "3 mai 1940", "31 december 2030"]
    rows = own.read_dates(texts, stored_reader(), least=0)
    assert [answer for _, answer, _ in rows] == ["", "", "", "1940-05-03", "2030-12-31"]
    assert re.search("it says 1850, and the reader, which has learned 1940 to 2030, makes 19", rows[0][2])
    assert rows[2][2] == "it has 2 years, 2020 and 2021: expected one date"


# ---------------------------------------------------------------- series


def table(file, times, values):
    return file("my.csv", "time,value\n" + "\n".join(f"{t},{v}" for t, v in zip(times, values, strict=True)))


def days(N, start="2020-01-01"):
    return [str(day) for day in np.datetime64(start) + np.arange(N)]


def test_a_day_that_is_none_is_told_with_its_line(file):
    times = days(250)
    times[59] = "2020-02-30"
    with pytest.raises(
        ValueError, match="line 61: '2020-02-30' is no time of the calendar: expected one like 2020-01-01"
    ):
        read_series(table(file, times, range(250)))


def test_the_way_out_of_uneven_days_is_that_of_their_cause(file):
    firsts = [str(month.astype("datetime64[D]")) for month in np.datetime64("2000-01") + np.arange(240)]
    with pytest.raises(ValueError, match="Months are not equally long: write them as 2000-01, without the day") as said:
        read_series(table(file, firsts, range(240)))
    assert "weekends" not in str(said.value)
    assert read_series(table(file, [first[:7] for first in firsts], range(240))).step == "1 month"
    twice = days(250)
    twice[50] = twice[49]
    with pytest.raises(ValueError, match="a time twice") as said:
        read_series(table(file, twice, range(250)))
    assert "weekends" not in str(said.value)


@pytest.mark.parametrize("written", ['"1,000"', '"1,000.5"', '"1.000,5"'])
def test_a_comma_in_a_number_is_told_whichever_it_is(file, written):
    with pytest.raises(ValueError, match="write decimals with a point, and nothing between thousands"):
        read_series(table(file, days(250), [written] * 250))


def test_numbered_days_are_not_taken_for_years_and_a_step_is_counted(file):
    found = read_series(table(file, range(1000, 1260), np.arange(260) % 7))
    assert found.step == "1 year (or whatever these numbers count)"
    assert "; 1 step ahead" in str(forecast_own(found, horizon=1))


def test_a_path_in_place_of_a_series_is_told_what_to_write():
    with pytest.raises(ValueError, match=re.escape("got 'my.csv': for a file, forecast_own(read_series(path), ...)")):
        forecast_own("my.csv", horizon=1)
