"""`python -m qaws` is the console command `qaws`."""

import sys

from qaws.runner.cli import main

sys.exit(main())
