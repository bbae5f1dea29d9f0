"""``python -m lstm_helpers`` is the command ``lstm-course``."""

import sys

from lstm_helpers.commands.cli import main

sys.exit(main())
