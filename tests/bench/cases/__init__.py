"""What can be measured, by the name on the command line."""
from . import files, growth, live, program

CASES = {**live.CASES, **files.CASES, **program.CASES, **growth.CASES}
