"""The experiments of Hochreiter & Schmidhuber 1997 once more: ``make paper``.

``rows`` holds every row of the paper's tables that trains an LSTM, with its task, stopping rule and figures;
``training`` trains one network on one of them; ``sittings`` carries out what is still missing, in as many sittings as
it takes; ``results`` reads what came out.
"""
