"""Unrolled: a recurrent network over time, forward and backward. ``unrolled.py`` holds what is offered."""

OFFERS = ("UnrolledExplorer", "unrolled_picture")
