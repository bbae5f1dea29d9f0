"""Train it here: a small RNN beside an LSTM, learning in the browser. ``train.py`` holds what is offered."""

OFFERS = ("TrainExplorer", "train_picture")
