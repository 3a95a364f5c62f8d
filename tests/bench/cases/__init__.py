"""What can be measured, by the name on the command line."""
from . import files, growth, live, program

# A start is measured before much memory was used: a virtual machine gives what was freed back to its host (README).
CASES = {**program.CASES, **live.CASES, **files.CASES, **growth.CASES}
