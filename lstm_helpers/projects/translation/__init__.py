"""The project translation."""
