"""What an LSTM has to beat: counts and other plain methods, measured on the same data."""
