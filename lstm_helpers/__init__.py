"""LSTM from Scratch: the helper package of the course.

Floors, each importing only from below: ``nn`` (the mathematics in NumPy), ``parity`` (against torch.nn),
``data``, ``figures``, ``widgets``, ``checks``, ``grading``, ``cli``. Importing this package loads none of them.
"""

__version__ = "0.1.0"
