"""The words of ``lstm-course``, a module each."""
