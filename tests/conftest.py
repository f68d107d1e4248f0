"""Fixtures of the testkit for every level of tests."""

import hypothesis

# pytest's plugin for it would import it when the run ends, and rewrite its asserts then: on Python 3.11 that fails when
# the garbage of closed Kafka clients is collected, and reported with a traceback, in the middle of compiling.
assert hypothesis.__version__

pytest_plugins = ["volt_testkit.stack"]
