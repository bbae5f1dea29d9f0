"""The experiments of Hochreiter & Schmidhuber 1997 once more, and of two papers that followed: ``make paper``.

``rows`` holds every row of the paper's tables that trains an LSTM, with its task, stopping rule and figures; ``cells``
what is compared on it; ``training`` trains one network on one of them; ``sittings`` carries out what is still missing,
in as many sittings as it takes; ``results`` reads what came out.
"""
