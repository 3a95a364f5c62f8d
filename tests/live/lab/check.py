"""What a case asserts with. A failure says what was wanted and what came."""
import pprint
import time

TIMEOUT = 15.0  # seconds; for what takes milliseconds on an idle machine


class Failure(Exception):
    """The program under test did something wrong."""


class Skip(Exception):
    """The case cannot run here, and this is why."""


def true(condition, what):
    if not condition:
        raise Failure(what)


def equal(came, wanted, what="came"):
    if came != wanted:
        raise Failure(f"{what}: {pprint.pformat(came, width=110)}\nwanted: {pprint.pformat(wanted, width=110)}")


def wait_for(condition, what, timeout=TIMEOUT):
    """Waits until condition() gives something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"after {timeout:g} s still no {what}")
        time.sleep(0.005)
