"""What can be guessed: a number, one of some choices, or a point in a picture. Each reads, says and judges a guess."""

import math
import numbers
import re
import reprlib
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SHARE = 0.25  # of the result: a number that is off by less is close
OF_AXIS = 0.1  # of the length of each axis: the same for a point
FEW = 3  # from here up, a count that is one off is close
OTHER_CHOICE = 3.0  # how surprising a wrong choice is: as a number that is off by three times what is close
LARGEST = 1e9
PERCENT, TIMES = ("%", "percent", "per cent"), ("times", "time", "x", "\u00d7")  # ways to write one unit
SPELLED = (PERCENT, TIMES)
NEAR = "close: "


class Unclear(ValueError):
    """What was given is no such guess; the text says to the person what is expected."""


@dataclass(frozen=True)
class Judged:
    """How a guess compares: is it close, how far off (1 is just close), and that in words."""

    close: bool
    surprise: float
    words: str


@dataclass(frozen=True)
class Number:
    """A number with a unit, such as "steps"; ``number`` makes it."""

    unit: str = ""

    @property
    def question(self):
        """What a guess belongs to: one with another unit is one of another question."""
        return self.wanted

    @property
    def wanted(self):
        """What is asked for, in words."""
        if not self.unit:
            return "a number"
        plural = re.match(r"\w{3,}s\b", self.unit)
        return f"a number of {self.unit}" if plural else f"a number, in {self.unit}"

    def asked(self):
        """The question as plain data for the browser."""
        return {"kind": "number", "unit": self.unit}

    def read(self, given):
        """``given``, a number or its text with or without the unit, as a float or int. Raises Unclear."""
        value = _number(given, self.unit)
        if value is None:
            raise Unclear(f"{_shown(given)} is not a number: give {self.wanted}, in digits, such as 2.5")
        return value

    def say(self, value):
        """A value with its unit: "15 steps", "1 step"."""
        singular = re.fullmatch(r"\w{3,}[^s\W]s", self.unit) and value == 1
        return f"{figure(value)} {self.unit[:-1] if singular else self.unit}".rstrip()

    def judge(self, guess, result, within=None, factor=None):
        """Compare. within: how far off is close, in the unit; factor: how many times too large or small is close."""
        _positive(within=within)
        off, times = abs(guess - result), _times(guess, result)
        if factor is not None:
            if not _number(factor) or factor <= 1:
                raise Unclear(f"factor={factor!r}: give a number above 1")
            surprise = math.inf if times is None else math.log(times) / math.log(factor)
        else:
            margin = within if within is not None else self._margin(result)
            surprise = off / margin if margin else (math.inf if off else 0.0)
        if off == 0:
            return Judged(True, 0.0, "exactly right")
        direction = "high" if guess > result else "low"
        far = times is not None and times >= 2 and abs(result) > 0
        by = f"too {direction} by a factor of {figure(times, 2)}" if far else f"{self._apart(off)} too {direction}"
        close = surprise <= 1 + 1e-9
        return Judged(close, min(surprise, LARGEST), f"{NEAR}{by}" if close else by)

    def _apart(self, off):
        """How far two values are apart, in words. Two shares differ by points: 60 % is 11 points below 71 %."""
        if self.unit in PERCENT:
            return number("points").say(_tidy(off))
        return figure(_tidy(off)) if self.unit in TIMES else self.say(_tidy(off))

    @staticmethod
    def _margin(result):
        one_off = 1 if float(result).is_integer() and abs(result) >= FEW else 0
        return max(SHARE * abs(result), one_off)


@dataclass(frozen=True)
class Choice:
    """One of several answers; ``choice`` makes it."""

    options: tuple

    @property
    def question(self):
        """What a guess belongs to: the same choices in another order are the same question."""
        return "; ".join(sorted(self.options))

    @property
    def wanted(self):
        """What is asked for, in words."""
        if any(re.search(r",| and | or ", option) for option in self.options):
            return f"{'; '.join(self.options[:-1])}; or {self.options[-1]}"
        return f"{', '.join(self.options[:-1])} or {self.options[-1]}"

    def asked(self):
        """The question as plain data for the browser."""
        return {"kind": "choice", "options": list(self.options)}

    def read(self, given):
        """The option that ``given`` names, in capitals or not. Raises Unclear."""
        plain = str(given).strip().casefold()
        for option in self.options:
            if option.casefold() == plain:
                return option
        raise Unclear(f"{_shown(given)} is not one of the choices: {self.wanted}")

    def say(self, value):
        """The option as it is written."""
        return value

    def judge(self, guess, result, within=None, factor=None):
        """Compare: only the same option is close."""
        right = guess == result
        return Judged(right, 0.0 if right else OTHER_CHOICE, "right" if right else "not what you expected")


@dataclass(frozen=True)
class Point:
    """A point in a picture with two axes; ``point`` makes it."""

    x: str
    y: str
    xlim: tuple
    ylim: tuple

    @property
    def question(self):
        """What a guess belongs to: axes of another length are the same question."""
        return f"a point: {self.x}, {self.y}"

    @property
    def wanted(self):
        """What is asked for, in words."""
        (left, right), (low, high) = ([figure(v) for v in limits] for limits in (self.xlim, self.ylim))
        return f"a point, {self.x} from {left} to {right} and {self.y} from {low} to {high}"

    def asked(self):
        """The question as plain data for the browser."""
        return {"kind": "point", "x": self.x, "y": self.y, "xlim": list(self.xlim), "ylim": list(self.ylim)}

    def read(self, given):
        """``given``, a pair of numbers, as [x, y]. Raises Unclear."""
        try:
            pair = [_number(value) for value in (given.split(";") if isinstance(given, str) else given)]
        except TypeError:
            pair = []
        if len(pair) != 2 or None in pair:
            example = ", ".join(figure((low + high) / 2) for low, high in (self.xlim, self.ylim))
            wanted = f"give two numbers, {self.x} and {self.y}, such as ({example})"
            raise Unclear(f"{_shown(given)} is not a point: {wanted}")
        return pair

    def say(self, value):
        """A point with the names of its axes."""
        return f"{self.x} {figure(value[0])}, {self.y} {figure(value[1])}"

    def judge(self, guess, result, within=None, factor=None):
        """Compare. within: (along x, along y), how far off is close."""
        limits = (self.xlim, self.ylim)
        if factor is not None or within is not None and len(within) != 2:
            raise Unclear("a point is compared with within=(along x, along y)")
        _positive(**dict(zip("xy", within or (1, 1), strict=True)))
        margins = within or [OF_AXIS * (high - low) for low, high in limits]
        offs = [g - r for g, r in zip(guess, result, strict=True)]
        surprise = max(abs(off) / margin for off, margin in zip(offs, margins, strict=True))
        said = [
            f"{name} {figure(_tidy(abs(off)))} too {'high' if off > 0 else 'low'}"
            for name, off in zip((self.x, self.y), offs, strict=True)
            if off
        ]
        close = surprise <= 1 + 1e-9
        words = " and ".join(said) or "exactly right"
        return Judged(close, min(surprise, LARGEST), f"{NEAR}{words}" if close and said else words)


def number(unit=""):
    """A number is asked for. unit: what it counts or is measured in, in the plural: "steps"."""
    return Number(str(unit))


def choice(*options):
    """One of the ``options`` (texts, two at least) is asked for. Raises ValueError for fewer, or one given twice."""
    options = tuple(str(option).strip() for option in options)
    if len(options) < 2 or len({option.casefold() for option in options}) < len(options) or "" in options:
        raise ValueError(f"choice{options}: give at least two choices, each another text")
    return Choice(options)


def point(*, x, y, xlim, ylim):
    """A point in a picture is asked for. x, y: what the axes show; xlim, ylim: (lowest, highest) value on each.

    Raises ValueError for limits that are no two numbers in order.
    """
    for name, limits in (("xlim", xlim), ("ylim", ylim)):
        found = [_number(value) for value in limits]
        if len(found) != 2 or None in found or found[0] >= found[1]:
            raise ValueError(f"{name}={limits!r}: give two numbers, the lower one first")
    return Point(str(x), str(y), tuple(map(float, xlim)), tuple(map(float, ylim)))


def figure(value, digits=4):
    """A number as a person writes it: 12,000 or 0.25; whole ones in full, very small and large ones with an e."""
    value = float(value)
    if value.is_integer() and abs(value) < LARGEST:
        return f"{value:,.0f}" if value else "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return format(Decimal(f"{value:.{digits}g}"), ",f")


def _positive(**margins):
    for name, margin in margins.items():
        if margin is not None and not ((_number(margin) or 0) > 0):
            raise Unclear(f"{name}={margin!r}: how far off is close has to be a number above 0")


def _tidy(value):
    """Without the dust of a subtraction: 0.30000000000000004 is 0.3."""
    return float(f"{value:.10g}")


def _times(guess, result):
    """How many times larger the larger of two numbers is, or None where there is no telling."""
    if guess * result <= 0:
        return None
    small, large = sorted((abs(float(guess)), abs(float(result))))
    return large / small


def _number(given, unit=""):
    """A finite number in ``given``, a number or a text with or without the unit; None if there is none."""
    if isinstance(given, str):
        return _in_text(given, unit)
    if hasattr(given, "item") and getattr(given, "size", 1) == 1:  # an array or tensor of one number
        given = given.item()
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        return None
    try:
        value = float(given)
    except OverflowError:
        return None
    return (given if isinstance(given, int) else value) if math.isfinite(value) else None


def _shown(given):
    """What was given, in short; an integer of thousands of digits cannot be written out."""
    try:
        return reprlib.repr(given)
    except ValueError:
        return "this"


def _in_text(text, unit):
    ways = next((ways for ways in SPELLED if unit in ways), (unit, unit.removesuffix("s"), unit.removesuffix("es")))
    text = re.sub(rf"(?:{'|'.join(map(re.escape, ways))})$", "", text.strip(), flags=re.IGNORECASE).rstrip()
    text = text.replace("\u2212", "-")
    text = re.sub(r"\s*/\s*", "/", re.sub(r"^([-+])\s+", r"\1", text))
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}(\s\d{3})+", text):
        text = re.sub(r"\s", "", text)
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    text = re.sub(r"^([-+]?\d*),(\d+)$", r"\1.\2", text)  # a decimal comma
    try:
        value = float(Fraction(text)) if re.fullmatch(r"[-+]?\d{1,15}/\d{1,15}", text) else float(text)
    except (ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < LARGEST else value
