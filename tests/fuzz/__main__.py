"""The long run, for `make fuzz`: many more requests, other ones each time. Options go to pytest."""

import os
import secrets
import sys

import pytest

os.environ.setdefault("AMENDS_FUZZ_EXAMPLES", "300")
os.environ.setdefault("AMENDS_FUZZ_SEED", str(secrets.randbelow(2**32)))
sys.stderr.write(f"AMENDS_FUZZ_SEED={os.environ['AMENDS_FUZZ_SEED']}\n")
sys.exit(pytest.main(["tests/fuzz", "-p", "no:randomly", *sys.argv[1:]]))
