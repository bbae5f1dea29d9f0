"""Where a student's code runs: the host's side, the guest's side, and the wall between them."""
