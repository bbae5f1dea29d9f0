"""The memory: one LSTM unit over 40 steps whose gates are drawn by hand. ``memory.py`` holds what is offered."""

OFFERS = ("MemoryExplorer", "memory_picture")
