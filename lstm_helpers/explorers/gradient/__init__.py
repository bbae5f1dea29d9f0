"""The gradient on its way back, RNN against LSTM. ``gradient.py`` holds what is offered."""

OFFERS = ("GradientExplorer", "gradient_picture")
