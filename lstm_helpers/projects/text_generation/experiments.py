"""Where things are in a text, so that costs (one number for each character) can be averaged; what repeats or copies."""

import re

import numpy as np


def place_in_word(text):
    """For each character its place in its word, 1 for the first letter, and 0 outside of words: (N,)."""
    places = np.zeros(len(text), int)
    for word in re.finditer(r"[A-Za-z]+", text):
        places[word.start() : word.end()] = np.arange(1, word.end() - word.start() + 1)
    return places


def in_quotation(text):
    """Whether each character stands inside a quotation, its opening mark left out and its closing mark counted: (N,).

    A blank line ends a quotation: where a speech has several paragraphs, each opens anew.
    """
    inside, now = np.zeros(len(text), bool), False
    for k, character in enumerate(text):
        inside[k] = now
        if character == '"':
            now = not now
        elif text[k : k + 2] == "\n\n":
            now = False
    return inside


def in_new_word(text, known):
    """Whether each character belongs to a word that the text ``known`` does not hold, in any case: (N,)."""
    words = set(_words(known))
    new = np.zeros(len(text), bool)
    for word in re.finditer(r"[A-Za-z]+", text):
        new[word.start() : word.end()] = word[0].lower() not in words
    return new


def known_words(text, known):
    """The share of the words of ``text`` that the text ``known`` holds, in any case.

    The last word is left out: it may be cut off.
    """
    words = set(_words(known))
    return float(np.mean([word in words for word in _words(text)[:-1]]))


def _words(text):
    return re.findall(r"[a-z]+", text.lower())


def longest_copy(text, source):
    """The longest part of ``text`` that stands in ``source`` character by character; of several the first there."""
    found, short, long = "", 0, len(text) + 1  # every part of a copy is one too: halve the range of lengths
    while long - short > 1:
        n = (short + long) // 2
        runs = {text[k : k + n] for k in range(len(text) - n + 1)}
        copy = next((source[k : k + n] for k in range(len(source) - n + 1) if source[k : k + n] in runs), "")
        if copy:
            found, short = copy, n
        else:
            long = n
    return found


def repeated(text, length=20):
    """The share of the runs of ``length`` characters in ``text`` that occurred in it before."""
    runs = [text[k : k + length] for k in range(len(text) - length + 1)]
    return 1 - len(set(runs)) / len(runs)
