"""A real PostgreSQL with a cluster of its own, at a socket in a folder: it listens nowhere else."""
import glob
import os
import pathlib
import shutil
import subprocess

from .check import Failure, wait_for
from .network import command

NOT_ROOT = ("setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups")


class Postgresql:
    def __init__(self, lab):
        programs = pathlib.Path(max(glob.glob("/usr/lib/postgresql/*/bin")))
        self.folder = pathlib.Path(lab.folder) / "postgresql"
        self.folder.mkdir()
        shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        command(*NOT_ROOT, programs / "initdb", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", data)
        self.environment = {"PGHOST": str(self.folder), "PGUSER": "postgres"}
        lab.start(None, *NOT_ROOT, programs / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-F")
        wait_for(self.answers, "PostgreSQL to answer")

    def answers(self):
        try:
            return self.query("SELECT 1") == "1"
        except Failure:
            return False

    def query(self, text):
        """What it answers: a line each row, the columns separated by |."""
        done = subprocess.run(["psql", "--no-psqlrc", "-A", "-t", "-c", text], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=os.environ | self.environment)
        if done.returncode != 0:
            raise Failure(f"psql: {done.stderr}")
        return done.stdout.strip()
