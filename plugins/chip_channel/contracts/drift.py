"""`python -m chip_channel.contracts.drift`: fail when a generated file is not what it must be."""

import sys

from chip_channel.contracts.generate import drift

if differing := drift():
    sys.exit("Not what the contracts say; run `make contracts`:\n  " + "\n  ".join(differing))
