"""`voltlog seed`: what a local stack starts with, for stacks that `voltlog up` did not start."""

from volt_cli.preparing import seed_all
from volt_cli.talk import fail, out, run
from volt_eventlog.ask import NoOutcome
from volt_runtime.settings import Settings, settings_of


def seed() -> None:
    """Make tenant demo and token TAG0001, as `voltlog up` does; again, when they are there. For local stacks only."""
    try:
        done = run(seed_all(settings_of(Settings)))
    except NoOutcome as why:
        fail(f"{why}: do the services network and drivers run?")
    out.print(f"On record: what {' and '.join(done)} start with.", markup=False)
