"""Your own model: a trained LSTM reads what you type, unit by unit. ``own.py`` holds what is offered."""

OFFERS = ("OwnExplorer", "own_picture")
