"""The project translation. What an exercise may use of it, on a student's machine and in the box, stands here."""

from lstm_helpers.projects.own_weights import unpack
from lstm_helpers.projects.translation.own_model import bring_in

__all__ = ["bring_in", "unpack"]
