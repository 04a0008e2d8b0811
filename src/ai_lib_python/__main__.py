"""``python -m ai_lib_python`` is the command ``ai-lib``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
