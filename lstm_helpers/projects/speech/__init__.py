"""The project speech. What an exercise may use of it, on a student's machine and in the box, stands here."""
