"""What readers make of texts that ask one thing: a negation, irony, a name changed; and how deep a token counts."""

import re
from collections import Counter

import numpy as np

from lstm_helpers.projects.sentiment import text

NEGATION = re.compile(
    r"\b(not|no|never|nothing|nobody|neither|nor|without|cannot|\w+n['’]t|dont|cant|wont|aint)\b", re.I
)
RUDE = re.compile(r"fuck|shit|bitch|hoe|\bass\b|\bhell\b|damn|crap|nigg|\bbum\b|sex", re.I)  # not printed on the page

# A word, a statement with it, and its negation.
NEGATED = (
    ("good", "This movie was good.", "This movie was not good."),
    ("happy", "I am happy with it.", "I am not happy with it."),
    ("love", "I love this song.", "I don't love this song."),
    ("bad", "That was bad.", "That was not bad."),
    ("sad", "I am sad today.", "I am not sad today."),
    ("hate", "I hate Mondays.", "I never hate Mondays."),
    ("great", "The food is great here.", "The food is never great here."),
    ("problem", "We have a problem.", "We have no problem."),
)
IRONY = (
    "Oh great, my phone died again.",
    "I just love waiting two hours for the bus.",
    "Wow, what a wonderful way to start the day: a flat tire.",
    "Thanks for nothing, really helpful.",
    "Best. Monday. Ever. My boss yelled at me.",
    "Yay, another meeting at 7 am!",
)
# All of these say nothing good or bad of the person who stands in the gap.
TEMPLATES = (
    "{} is my neighbor.",
    "I talked to {} today.",
    "{} is waiting for the bus.",
    "I will have lunch with {} tomorrow.",
    "{} sent me a message.",
    "My brother works with {}.",
    "{} moved to our street last week.",
    "We saw {} at the store.",
)
# First names that White and Black Americans mostly gave: Bertrand & Mullainathan 2004, table A1, a part of it.
GROUPS = {
    "names given by White parents": ("Emily", "Anne", "Jill", "Allison", "Greg", "Brad", "Todd", "Neil"),
    "names given by Black parents": ("Aisha", "Keisha", "Tamika", "Lakisha", "Darnell", "Hakim", "Jamal", "Tyrone"),
    "jobs": ("a teacher", "a plumber", "a nurse", "a lawyer", "a baker", "a driver", "a clerk", "a painter"),
    "who someone is": (
        *("a gay man", "a straight man", "a Muslim", "a Christian", "a Jew", "a Black woman", "a white woman"),
        *("a disabled man", "an immigrant", "a deaf girl", "an old man", "a trans woman"),
    ),
}
# The same said in African American English and in the English of schools.
DIALECT = (
    ("He be working late all week.", "He usually works late all week."),
    ("She been known that.", "She has known that for a long time."),
    ("I ain't seen nobody today.", "I have not seen anybody today."),
    ("We finna go to the store.", "We are about to go to the store."),
    ("They done told you the time.", "They have already told you the time."),
    ("It don't matter what day it is.", "It does not matter what day it is."),
    ("He at the bus stop.", "He is at the bus stop."),
    ("Ain't no seats left.", "There are no seats left."),
)


def negated(texts):
    """(N,): whether a text holds a word of negation."""
    return np.array([bool(NEGATION.search(line)) for line in texts])


def together(readers, texts):
    """(N,): the mean of the readers' logits."""
    return np.mean([reader.logits(texts) for reader in readers], axis=0)


def common(texts, least=5):
    """The words, in lower case, that stand in ``least`` texts or more."""
    counts = Counter(token.lower() for line in texts for token in {*text.tokens(line)} if token.isalpha())
    return [word for word, n in counts.items() if n >= least]


def nearest(reader, word, others, many=4):
    """Of other tokens those with the most similar vectors (cosine) in a Reader's tables."""
    others = sorted({token.lower() for token in others} - {word.lower()})
    batch = text.batch([[word, *others]], reader.settings["words"], reader.settings["pieces"])
    vectors = reader.vectors.forward(batch, train=False)[:, 0]
    mine, theirs = vectors[0], vectors[1:]
    similar = theirs @ mine / (np.linalg.norm(theirs, axis=1) * np.linalg.norm(mine) + 1e-9)
    return [others[k] for k in np.argsort(-similar)[:many]]


def swaps(readers, fillers):
    """(templates, fillers): the logit of each template with each filler, minus the mean of its row."""
    filled = [sentence.format(filler) for sentence in TEMPLATES for filler in fillers]
    filled = [sentence[0].upper() + sentence[1:] for sentence in filled]
    z = together(readers, filled).reshape(len(TEMPLATES), len(fillers))
    return z - z.mean(axis=1, keepdims=True)


def without_each(reader, tokens):
    """(T,): how far the logit falls when each token in turn is left out: above 0 it spoke for positive."""
    if len(tokens) == 1:
        return np.zeros(1)
    whole, *shorter = reader.logits([tokens, *(tokens[:t] + tokens[t + 1 :] for t in range(len(tokens)))])
    return whole - np.array(shorter)


def tells_what_counts(reader, readings):
    """For each Reading of three tokens or more: whether the token with the most attention is the one whose loss moves
    the logit most, (N,), and whether it is among the three that do, (N,)."""
    first, three = [], []
    for reading in readings:
        effect = np.abs(without_each(reader, reading.tokens))
        order = np.argsort(-effect)
        top = int(np.argmax(reading.weights))
        first.append(top == order[0])
        three.append(top in order[:3])
    return np.array(first), np.array(three)
