"""The experiments of Hochreiter & Schmidhuber 1997 once more: ``make paper``.

``rows`` holds every row of the paper's tables that trains an LSTM, with its task, stopping rule and figures; ``run``
trains one network on one of them; ``python -m lstm_helpers.paper`` runs what is still missing, over as many sittings as
it takes, and ``results`` reads what came out.
"""
