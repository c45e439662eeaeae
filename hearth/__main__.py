"""`python -m hearth` is the same as `hearth`."""

import sys

from hearth.cli import main

if __name__ == "__main__":
    sys.exit(main())
