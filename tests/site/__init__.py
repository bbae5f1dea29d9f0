"""Tests of the site: the book, and the course in the browser."""
