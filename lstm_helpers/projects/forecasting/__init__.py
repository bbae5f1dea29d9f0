"""The project forecasting. What an exercise may use of it, on a student's machine and in the box, stands here."""

from lstm_helpers.projects.forecasting.own_model import bring_in
from lstm_helpers.projects.own_weights import unpack

__all__ = ["bring_in", "unpack"]
