"""The entry point of every service's image: becomes `python -m volt_<service>`, so that signals reach it, no shell."""

import os
import sys

if __name__ == "__main__":
    module = f"volt_{os.environ['VOLT_SERVICE']}"
    os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606 – the image names the module
