"""One database for all tests of the console: each makes the console's schema anew, which costs less than a database."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from psycopg import AsyncConnection


@pytest_asyncio.fixture(scope="session")
async def console_database(postgres_dsn: str) -> AsyncIterator[str]:
    """A database that only the console's tests use."""
    async with await AsyncConnection.connect(postgres_dsn, autocommit=True) as connection:
        await connection.execute("DROP DATABASE IF EXISTS console_tests WITH (FORCE)")
        await connection.execute("CREATE DATABASE console_tests")
    yield postgres_dsn.rsplit("/", 1)[0] + "/console_tests"
    async with await AsyncConnection.connect(postgres_dsn, autocommit=True) as connection:
        await connection.execute("DROP DATABASE console_tests WITH (FORCE)")


@pytest.fixture
def database(console_database: str) -> str:
    """In place of the testkit's: the same database for every test here."""
    return console_database


@pytest_asyncio.fixture
async def empty_database(console_database: str) -> str:
    """The same database without the rows of another test, for a console that makes its own schema."""
    async with await AsyncConnection.connect(console_database, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS console CASCADE")
    return console_database
