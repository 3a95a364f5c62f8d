"""Runs the cases of a part of the tests that needs the laboratory, and tells each as one line of TAP.

A theme is a file in cases/, a case a function in it whose name starts with `test_`. A case is named PART/THEME/CASE; with
filters, only those are run whose THEME/CASE or CASE starts with one of them.
"""
import importlib
import os
import signal
import sys
import time
import traceback

from .check import Failure, Skip
from .lab import Lab, why_unavailable


def ready():
    """What every program that uses the laboratory does first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a polite end undoes what the lab did, like Ctrl-C
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["PATH"] += ":/usr/sbin:/sbin"


def say(result, name, notes=(), skip=None):
    print(f"{result} - {name}" + (f" # SKIP {skip}" if skip else ""))
    for note in notes:
        for line in str(note).splitlines():
            print(f"# {line}")
    sys.stdout.flush()


def cases(folder, filters):
    for path in sorted((folder / "cases").glob("*.py")):
        theme = importlib.import_module(f"cases.{path.stem}")
        for name, function in list(vars(theme).items()):
            if not name.startswith("test_"):
                continue
            case = name.removeprefix("test_")
            if not filters or any(f"{path.stem}/{case}".startswith(text) or case.startswith(text) for text in filters):
                yield f"{path.stem}/{case}", function


def run(part, case, function):
    started = time.monotonic()
    lab = Lab(case)
    try:
        with lab:
            function(lab)
    except Skip as skip:
        return say("ok", f"{part}/{case}", skip=skip)
    except Failure as failure:
        # Where in the case it failed, then why, then what the programs it started had to say.
        at = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.name == function.__name__]
        return say("not ok", f"{part}/{case}", [*(f"{frame.filename}:{frame.lineno}" for frame in at[-1:]), failure,
                                                *lab.notes, *lab.said_by_programs()])
    except Exception:
        return say("not ok", f"{part}/{case}", [traceback.format_exc(), *lab.said_by_programs()])
    say("ok", f"{part}/{case}", [*lab.notes, f"{time.monotonic() - started:.1f} s"])


def run_part(folder):
    """`folder` is the part's, and the first place that modules are looked for in. Its filters are the program's arguments."""
    ready()
    unavailable = why_unavailable()
    try:
        for case, function in cases(folder, sys.argv[1:]):
            if unavailable:
                say("ok", f"{folder.name}/{case}", skip=unavailable)
            else:
                run(folder.name, case, function)
    except KeyboardInterrupt:
        sys.exit(130)
