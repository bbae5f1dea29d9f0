"""The project action recognition. What an exercise may use of it, at home and in the box, stands here."""

from lstm_helpers.projects.action_recognition.own_model import bring_in
from lstm_helpers.projects.own_weights import unpack

__all__ = ["bring_in", "unpack"]
