"""Figures of several rounds: medians with their spread, ratios taken round by round, tables, and targets."""
import dataclasses
import statistics

CONTROL = 0.95, 1.05  # of a run that observes nothing: outside, the machine was not quiet enough to judge


class Figure:
    """What one quantity was in each round. None stands for a round in which it could not be told."""

    def __init__(self, values):
        self.values = [value for value in values if value is not None]

    def __bool__(self):
        return bool(self.values)

    @property
    def median(self):
        return statistics.median(self.values)

    def __truediv__(self, other):
        """Round by round, so that a machine that is slow for a while is slow for both."""
        return Figure([one / two for one, two in zip(self.values, other.values) if two])

    def __sub__(self, other):
        return Figure([one - two for one, two in zip(self.values, other.values)])

    def text(self, form):
        """The median, and the least and the most where they differ as printed."""
        if not self:
            return "-"
        median, least, most = (form.format(value) for value in (self.median, min(self.values), max(self.values)))
        return median if least == most else f"{median} ({least}..{most})"


class Rounds:
    """What was measured: samples, a dictionary each, by the subject's name, one a round."""

    def __init__(self):
        self.samples = {}

    def add(self, name, sample):
        self.samples.setdefault(name, []).append(sample)

    def figure(self, name, key):
        return Figure([sample.get(key) for sample in self.samples.get(name, [])])

    @property
    def names(self):
        return list(self.samples)


def table(title, heads, rows):
    """A table as Markdown has it, readable as it is."""
    cells = [heads, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([title, "", *lines])


@dataclasses.dataclass
class Target:
    """A promise, and how it was kept. `control` is what the same quantity was where nothing was observed, as a ratio;
    None where nothing else on the machine can change the figure much."""
    what: str
    value: Figure
    limit: float
    at_most: bool = True
    control: Figure = None
    form: str = "{:.2f}"

    @property
    def verdict(self):
        if not self.value:
            return "not measured"
        if self.control is not None and not (self.control and CONTROL[0] <= self.control.median <= CONTROL[1]):
            return "no verdict"
        kept = self.value.median <= self.limit if self.at_most else self.value.median >= self.limit
        return "kept" if kept else "MISSED"

    def line(self):
        sign = "<=" if self.at_most else ">="
        text = f"{self.verdict:12} {self.what}: {self.value.text(self.form)} {sign} {self.form.format(self.limit)}"
        if self.verdict == "no verdict":
            text += f" (control {self.control.text('{:.2f}')})"
        return text


def at_most(what, value, limit, **more):
    return Target(what, value, limit, True, **more)


def at_least(what, value, limit, **more):
    return Target(what, value, limit, False, **more)
