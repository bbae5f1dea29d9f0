"""``python -m lstm_helpers.paper``: see ``sittings``."""

import sys

from lstm_helpers.paper import sittings

if __name__ == "__main__":
    sys.exit(sittings.main())
