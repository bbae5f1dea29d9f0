"""Attention: a reader of dates that writes step by step, with a hand on it. ``attention.py`` holds what is offered."""

OFFERS = ("AttentionExplorer", "attention_picture", "packed")
