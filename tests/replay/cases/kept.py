"""The golden captures: what is told of them is the same to the byte, records and ledger, in every version."""
import difflib

from golden import captures, expected_of, replay
from lab import Failure, true


def case(capture):
    def test(_):
        for wanted, came in zip(expected_of(capture), replay(capture)):
            lines = difflib.unified_diff(wanted.read_text("utf-8").splitlines(), came.splitlines(), wanted.name, "came", lineterm="")
            if difference := "\n".join(lines):
                raise Failure(difference)
    return test


for path in captures():
    globals()["test_" + path.name.split(".")[0]] = case(path)


def test_none_is_missing(_):
    """A capture whose recipe is gone, or the other way round, tests nothing."""
    from recipes import ALL
    kept = {path.name.split(".")[0] for path in captures()}
    true(kept == set(ALL), f"golden captures and recipes differ: {kept ^ set(ALL)}")
