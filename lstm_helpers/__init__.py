"""LSTM from Scratch: the helper package of the course.

Rooms, each importing only from those above it in this list:

- ``nn`` (the mathematics in NumPy), ``training``, ``data``, ``baselines``, ``figures``: each alone
- ``runs`` (tables of long runs), ``intervals``; ``parity`` (against torch.nn), ``explorers``
- ``paper``: the experiments of 1997 once more
- ``course``: the map, and the student's folders
- ``checks``: the engine that judges answers
- ``yours``: the student's own LSTM; ``exam``: the bank of questions, its schedule, the mock exam
- ``lessons``, ``projects``: one folder each, with its answers, questions, slips and pictures; ``grading``
- ``commands``: the words of ``lstm-course``

Importing this package loads none of them.
"""

__version__ = "0.1.0"
