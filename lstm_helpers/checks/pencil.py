"""Slips in a calculation by pencil, in which what goes wrong depends on the numbers that were given."""

NEAR = 0.0101  # numbers by pencil count within it, so two that are as near are one
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def word(number):
    """A small whole number in a sentence: a word up to twelve, then digits."""
    return WORDS[number] if number < len(WORDS) else str(number)


def near(one, other):
    """Whether two answers, {name: number}, are the same as far as a number by pencil can tell."""
    return all(abs(one[name] - other[name]) <= NEAR for name in one)


def as_one(slips):
    """Slips, (name, numbers, advice, how it is made), of which those that give the same numbers share a name: "this, or
    that", and are made as the first of them.
    """
    found = []
    for name, numbers, advice, how in slips:
        at = next((k for k, (_, known, *_) in enumerate(found) if near(numbers, known)), None)
        if at is None:
            found.append((name, numbers, advice, how))
        else:
            first, known, told, how = found[at]
            found[at] = f"{first}, or {name}", known, told if told == advice else f"{told} {advice}", how
    return found


def changed(numbers, right):
    """Of an answer, {name: number}, those that are not the right ones."""
    return {name: number for name, number in numbers.items() if number != right[name]}


def entries(numbers):
    """An answer, {name: number}, as the dictionary of a solution holds it: with two decimals at most."""
    return ", ".join(f'"{name}": {round(float(number), 2)}' for name, number in numbers.items())
