"""The instructor's side: the student's code runs in a box, another process; the answers stay out here.

The host draws the cases, holds oracle and misconceptions, and judges the arrays that come back.

Rooms, each of which imports only from those before it: ``submissions`` (what was handed in) and ``box`` (where code
runs), ``gradebook`` (the store, who is who, what was decided), ``pages`` (what is shown). The modules above them run a
class: ``run``, ``regrade``, ``plan``, with ``workers``, ``executors``, ``score`` and ``results``.
"""
