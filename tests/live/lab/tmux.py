"""A terminal that a case types at and looks at."""
import subprocess

from .check import wait_for
from .network import command


class Tmux:
    """bash in a terminal of this size. It ends with the lab."""

    def __init__(self, lab, columns, rows):
        self.words = ["tmux", "-u", "-S", f"{lab.folder}/tmux", "-f", "/dev/null"]
        command(*self.words, "new-session", "-d", "-x", columns, "-y", rows, "env PS1='$ ' HISTFILE= bash --norc --noprofile -i")
        lab.callback(subprocess.run, [*self.words, "kill-server"], check=False)
        self.wait(lambda text: text.startswith("$"), "a prompt")

    def lines(self):
        """What is on the screen now, a line for each row of it, without the empty ones below."""
        return command(*self.words, "capture-pane", "-p").rstrip("\n").split("\n")

    def run(self, *words):
        self.press(" ".join(map(str, words)), "Enter")

    def press(self, *keys):
        """Text as it is, or a key by its name: Enter, C-c."""
        command(*self.words, "send-keys", *keys)

    def resize(self, columns, rows):
        command(*self.words, "resize-window", "-x", columns, "-y", rows)

    def wait(self, condition, what):
        """Waits until condition(text of the screen), and returns its lines."""
        def there():
            lines = self.lines()
            return lines if condition("\n".join(lines)) else None

        return wait_for(there, f"{what} on the terminal")
