"""Fixtures of the testkit for every level of tests."""

import os

import hypothesis

# pytest's plugin for it would import it when the run ends, and rewrite its asserts then: on Python 3.11 that fails when
# the garbage of closed Kafka clients is collected, and reported with a traceback, in the middle of compiling.
assert hypothesis.__version__

# A change is judged by its own examples, the same ones each time; new ones are looked for by `make test-explore`.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("explore", derandomize=False, print_blob=True)
hypothesis.settings.load_profile("explore" if os.environ.get("VOLT_EXPLORE") else "same")

pytest_plugins = ["volt_testkit.stack"]
