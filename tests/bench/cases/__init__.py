"""What can be measured, by the name on the command line."""
from . import files, growth, live, program

CASES = {**program.CASES, **live.CASES, **files.CASES, **growth.CASES}
# Starts are measured before much memory was used: a virtual machine gives what was freed back to its host (README).
STARTS = "startup", "namespaces"
CASES = {name: CASES[name] for name in (*STARTS, *(name for name in CASES if name not in STARTS))}
