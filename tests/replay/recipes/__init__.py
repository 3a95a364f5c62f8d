"""What the golden captures are made of: real traffic between two network namespaces, and what a network or a capture
program can do to it afterwards. A recipe is a function that makes one capture; its name is the file's, its first line
says what it shows, and it gives what must be told of it, a line for each record as lab.told() writes them.
"""
from inspect import getmembers, isfunction

from . import files, messages, networks, troubles

ALL = {name.replace("_", "-"): recipe for module in (messages, troubles, networks, files)
       for name, recipe in getmembers(module, isfunction)
       if recipe.__module__ == module.__name__ and not name.startswith("_")}
