"""The instructor's side: the student's code runs in a box, another process; the answers stay out here.

The host draws the cases, holds oracle and misconceptions, and judges the arrays that come back.
"""
