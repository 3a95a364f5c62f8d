"""A real nginx with a generated configuration and an access log that can be compared with records."""
import json
import pathlib
import re

from .check import wait_for
from .network import command

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    log_format json escape=json '{{"method":"$request_method","target":"$request_uri","status":$status,'
        '"body":$body_bytes_sent,"request":$request_length,"connection":$connection,"nth":$connection_requests}}';
    access_log {folder}/access.log json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    keepalive_requests 1000000;
    client_max_body_size 0;
    server {{
        listen 80 backlog=1024;
        listen [::]:80;
        root {folder}/www;
        # nginx answers 100 Continue only where it reads the body, that is where it hands it on.
        location /upload {{ access_log off; proxy_pass http://127.0.0.1:8081; }}
        location = /empty {{ return 204; }}
        location = /moved {{ return 301 /small; }}
        location = /broken {{ return 503; }}
        location = /cookie {{ add_header Set-Cookie "session=secret-of-the-server"; return 200 "welcome\\n"; }}
        location = /echo {{ return 200 "you asked"; }}
        location = /slow {{ limit_rate 16k; }}
    }}
    server {{ listen 127.0.0.1:8081; access_log off; return 201 "stored\\n"; }}
}}
"""
SMALL = b"hello, world\n"
LISTENS = re.compile(r":0050 [0-9A-F:]+ 0A ")  # a line of /proc/net/tcp: local port 80, state LISTEN


class Nginx:
    """Serves /small (13 bytes), /page (20 kB), /slow (20 kB, in some 0.3 s), /empty (204), /moved (301), /broken (503),
    /cookie (sets one), /echo (anything), /upload (201 to any body), and whatever is put into its folder `www`."""

    def __init__(self, lab, namespace):
        self.folder = pathlib.Path(lab.folder) / f"nginx-{namespace.name}"
        self.www = self.folder / "www"
        self.www.mkdir(parents=True)
        (self.www / "small").write_bytes(SMALL)
        (self.www / "page").write_bytes(b"x" * 20_000)
        (self.www / "slow").write_bytes(b"s" * 20_000)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder))
        # Its workers are not root: they must be able to read.
        command("chmod", "-R", "a+rX", lab.folder)
        self.process = lab.start(namespace, "nginx", "-p", self.folder, "-e", self.folder / "error.log",
                                 "-c", configuration)
        wait_for(lambda: LISTENS.search(namespace.proc_net("tcp")), "listening nginx")

    def log(self):
        """The access log, each line an object, one after the other. What is still running is not in it."""
        with open(self.folder / "access.log", encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    def quit(self):
        """Lets it finish what it is doing; its log is complete after that."""
        self.process.quit()
