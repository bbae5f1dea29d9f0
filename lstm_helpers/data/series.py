"""Two real series over time: hourly weather at New York's airports, and daily share prices. No download."""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np

START = np.datetime64("2013-01-01T06", "h")  # the first hour of the weather, in UTC: 1 o'clock in New York
UNITS = {
    "temperature": "°C",
    "dew point": "°C",
    "humidity": "%",
    "wind": "m/s",
    "wind from": "degrees",
    "precipitation": "mm",
    "pressure": "hPa",
    "visibility": "km",
}  # fmt: skip  (in this order they are stored)
# The stored whole numbers are tenths of a degree, of a per cent, of a hectopascal; knots; degrees; hundredths of an
# inch and of a mile.
STEPS = np.array([0.1, 0.1, 0.1, 1852 / 3600, 1.0, 0.254, 0.1, 0.01609344])
MISSING = np.iinfo(np.int16).min


@dataclass(frozen=True)
class Weather:
    """hours (N,): without a hole, in UTC; stations: name -> (N, 8) in the order of ``names``, NaN where nothing was
    measured or nothing is shipped."""

    hours: np.ndarray
    stations: dict
    names: tuple = tuple(UNITS)

    def __getitem__(self, station):
        return self.stations[station]

    def column(self, station, name):
        """One quantity of a station, (N,), in the unit of ``UNITS``."""
        return self.stations[station][:, self.names.index(name)]


def weather(file=None):
    """Hourly weather of 2013 at the airports JFK, EWR and LGA: a Weather of 8,730 hours.

    Six weeks are left out at all three stations: a class is scored on them. file: another file of the same form.
    """
    file = file or files(__name__.rpartition(".")[0]).joinpath("weather_2013.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        stored = {name: held[name] for name in held.files}
    stations = {name: np.where(a == MISSING, np.nan, a * STEPS) for name, a in stored.items()}
    count = len(next(iter(stations.values())))
    return Weather(START + np.arange(count), stations)


@dataclass(frozen=True)
class Stocks:
    """days (N,), names (K,), prices (N, K): adjusted closing prices in dollars, volumes (N, K): shares traded."""

    days: np.ndarray
    names: tuple
    prices: np.ndarray
    volumes: np.ndarray


def stocks():
    """Three shares, AAPL, IBM and MSFT, on 3,270 trading days from March 2000 to March 2013: a Stocks."""
    file = files(__name__.rpartition(".")[0]).joinpath("stocks_2013.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        days = np.datetime64("1970-01-01") + held["days"].astype("timedelta64[D]")
        return Stocks(days, ("AAPL", "IBM", "MSFT"), held["prices"].astype(float), held["volumes"].astype(float))
