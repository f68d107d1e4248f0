"""Fixtures of the testkit for every level of tests."""

pytest_plugins = ["volt_testkit.stack"]
