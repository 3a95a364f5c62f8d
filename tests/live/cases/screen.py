"""podsnoop red at a terminal: a table that refreshes in place, and keys."""
from lab import equal, true, wait_for
from lab.lab import PODSNOOP
from lab.tmux import Tmux


def watch(lab, interval="300ms", before=()):
    """podsnoop red at a terminal, seen to be ready, and a server to ask."""
    lab.pair(), lab.nginx()
    terminal = Tmux(lab, 80, 12)
    terminal.run(*before, PODSNOOP, "red", "--netns", lab.server.name, "-i", "eth0", "--by", "path", "--interval", interval)
    return terminal


def ready(terminal):
    terminal.wait(lambda text: "q quit, s sort, p pause" in text, "the line of keys")
    return terminal


def over(terminal):
    """Once it has ended: its exit status, by which it is known that the shell reads again."""
    terminal.run("echo status $?")
    lines = terminal.wait(lambda text: "status " in text.replace("echo status", ""), "its exit status")
    equal([line for line in lines if line.startswith("status ")], ["status 0"], "exit status")
    return lines


def test_refreshes_in_place(lab):
    terminal = ready(watch(lab))
    for path in "/small", "/broken":  # one interval after the other: always one table, at the top
        lab.get(path)
        lines = terminal.wait(lambda text, wanted=path: f" {wanted}" in text, path)
        true(lines[0].endswith(f"1 request, {int(path == '/broken')} error{'' if path == '/broken' else 's'}; by requests"), lines[0])
        true("REQUESTS" in lines[1] and "LATENCY" in lines[1], f"titles: {lines[1]}")
        equal(lines[-1], "q quit, s sort, p pause", "the last line")
    terminal.wait(lambda text: "0 requests, 0 errors" in text, "an interval in which nothing happened")
    terminal.press("q")
    over(terminal)


def test_sort(lab):
    terminal = ready(watch(lab, "2s"))

    def all_in_one_interval():
        lab.get("/small", "/small", "/broken", "/slow")
        lines = terminal.wait(lambda text: "/slow" in text, "the slow request")
        return "4 requests, 1 error;" in lines[0]

    wait_for(all_in_one_interval, "interval with all four requests")
    terminal.press("p")
    terminal.wait(lambda text: text.startswith("paused: "), "the pause")
    rows = {}
    for key, order in ("", "requests"), ("s", "errors"), ("s", "unanswered"), ("s", "mean"):
        if key:
            terminal.press(key)
        lines = terminal.wait(lambda text, wanted=order: text.split("\n")[0].endswith(f"by {wanted}"), order)
        true(lines[0].startswith("paused: "), f"a paused table still says so: {lines[0]}")
        rows[order] = [line.split()[-1] for line in lines[2:-1] if "/" in line]
    equal({order: paths[0] for order, paths in rows.items()},
          {"requests": "/small", "errors": "/broken", "unanswered": "/broken", "mean": "/slow"}, "the first row by each order")
    terminal.press("q")
    lines = over(terminal)
    true(any(line.endswith("/slow") for line in lines), f"the last table stays when it is over: {lines}")


def test_pause(lab):
    terminal = ready(watch(lab))
    lab.get("/small")
    terminal.wait(lambda text: "/small" in text, "the request")
    terminal.press("p")
    lines = terminal.wait(lambda text: text.startswith("paused: "), "the pause")
    held = any("/small" in line for line in lines)
    lab.get("/broken")
    # What it says of keys shows that it still listens, while the table stays.
    terminal.press("s")
    lines = terminal.wait(lambda text: "by errors" in text.split("\n")[0], "another order")
    equal(any("/small" in line for line in lines), held, "the table that was paused")
    true(not any("/broken" in line for line in lines), f"a paused table goes on: {lines}")
    terminal.press("p")
    terminal.wait(lambda text: not text.startswith("paused"), "the table going on")
    terminal.press("q")
    over(terminal)


def test_resize(lab):
    terminal = ready(watch(lab))
    # What is on the screen when it fits. A line that was too long would be wrapped, and push others out.
    for columns, rows, wanted in ((80, 12, (" PATH\n", "/small\n", "q quit, s sort, p pause")), (20, 6, ("ERRORS PATH\n", "3 more rows; q quit…")),
                                  (20, 1, ("20",)), (200, 40, ("MAX", " /nowhere\n")), (3, 3, ("20…\n", "…\n", "6 …")), (80, 12, (" PATH\n",))):
        terminal.resize(columns, rows)
        lab.get("/small", "/broken", "/echo", "/page", "/empty", "/nowhere")
        lines = terminal.wait(lambda text, all_of=wanted: all(each in text for each in all_of), f"all of {wanted} at {columns} columns")
        true(len(lines) <= rows, f"{len(lines)} lines on {rows} rows: {lines}")
    terminal.press("q")
    over(terminal)


def test_ctrl_c(lab):
    """The first screen comes back as it was, with the last table; the ledger is said."""
    terminal = watch(lab, "1h", before=("echo", "before;"))
    ready(terminal)
    lab.get("/small")
    terminal.press("C-c")
    terminal.wait(lambda text: "packets seen" in text, "the summary")
    lines = over(terminal)
    true("before" in lines, f"what was there before: {lines}")
    true(any(line.endswith(" /small") for line in lines), f"the last interval's table: {lines}")
    terminal.run("stty -a")
    lines = terminal.wait(lambda text: "icanon" in text, "the terminal's modes")
    true(" icanon" in " ".join(lines) and " echo " in " ".join(lines) and "-icanon" not in " ".join(lines), f"the terminal's modes: {lines}")


def test_ctrl_z(lab):
    terminal = ready(watch(lab))
    terminal.press("C-z")
    terminal.wait(lambda text: "Stopped" in text, "the shell's word that it is stopped")
    terminal.run("clear; fg")
    ready(terminal)
    lab.get("/small")
    terminal.wait(lambda text: "/small" in text, "a table after it goes on")
    terminal.press("q")
    over(terminal)


def test_terminals_that_cannot(lab):
    """Blocks, one below the other, as into a pipe."""
    terminal = watch(lab, before=("TERM=dumb",))
    lab.get("/small")
    terminal.wait(lambda text: text.count("no requests") >= 3, "a line for each interval")
    terminal.press("C-c")
    over(terminal)
