"""A small Hugging Face hub for tests, which misbehaves where it is told to."""

import hashlib
import http.server
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

COMMIT = "c0ffee" + "0" * 34


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Repository:
    files: dict
    commit: str = COMMIT
    revisions: tuple = ("main",)
    large: tuple = (".safetensors",)       # endings of files in large file storage
    token: str = ""                        # wanted of everyone; "": public
    gated: bool = False                    # files are refused to those without the token, the listing is not
    listed: dict = field(default_factory=dict)  # name -> changes of its entry in the listing

    def entry(self, name):
        content = self.files[name]
        entry = {"rfilename": name, "size": len(content), "blobId": git_hash(content)}
        if name.endswith(self.large):
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return entry | self.listed.get(name, {})


@dataclass
class Faults:
    """What goes wrong, for as many requests as the numbers say; statuses are sent in their order."""
    cut_after: int = -1                    # bytes of a file, then the connection is closed
    cuts: int = 0
    after_cut: list = field(default_factory=list)     # statuses of files from then on
    statuses: list = field(default_factory=list)      # of files, before anything else
    list_statuses: list = field(default_factory=list)
    headers: dict = field(default_factory=dict)       # that go with them
    ranges: bool = True
    wrong_range: int = 0                   # replies that begin at another byte than the one asked for
    no_range: int = 0                      # replies with 416
    silent: int = 0                        # connections that send half of a file and then nothing
    slow: float = 0                        # seconds between blocks of a file
    lengths: dict = field(default_factory=dict)       # name -> Content-Length
    redirect: str = ""                     # another server's address, for files
    circle: bool = False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    BLOCK = 4096

    def log_message(self, *_):
        pass

    def do_GET(self):
        hub = self.server.hub
        hub.requests.append((self.path, dict(self.headers)))
        try:
            self.answer(hub, urllib.parse.urlsplit(self.path).path)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_HEAD(self):
        """What huggingface_hub asks before it fetches a file."""
        hub = self.server.hub
        name, _, rest = urllib.parse.urlsplit(self.path).path[1:].partition("/resolve/")
        repository, file = hub.repositories[name], urllib.parse.unquote(rest.partition("/")[2])
        entry = repository.entry(file)
        self.send_response(200)
        self.send_header("X-Repo-Commit", repository.commit)
        self.send_header("X-Linked-Etag" if "lfs" in entry else "ETag",
                         f'"{entry["lfs"]["sha256"] if "lfs" in entry else entry["blobId"]}"')
        self.send_header("Content-Length", str(len(repository.files[file])))
        self.end_headers()

    def answer(self, hub, path):
        if path.startswith("/api/models/"):
            name, _, revision = path[len("/api/models/"):].partition("/revision/")
            return self.list(hub, name, urllib.parse.unquote(revision))
        name, _, rest = path[1:].partition("/resolve/")
        commit, _, file = rest.partition("/")
        return self.file(hub, name, commit, urllib.parse.unquote(file))

    def refuse(self, status, code="", text="", headers=None):
        body = text.encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refused(self, hub, repository, listing):
        statuses = hub.faults.list_statuses if listing else hub.faults.statuses
        if statuses:
            self.refuse(statuses.pop(0), text="as told", headers=hub.faults.headers)
        elif repository is None:
            self.refuse(401 if "Authorization" not in self.headers else 404, "RepoNotFound")
        elif repository.token and not (listing and repository.gated) and \
                self.headers.get("Authorization") != "Bearer " + repository.token:
            self.refuse(401, "GatedRepo" if repository.gated else "", "Invalid credentials")
        else:
            return False
        return True

    def list(self, hub, name, revision):
        repository = hub.repositories.get(name)
        if self.refused(hub, repository, True):
            return
        if revision not in repository.revisions + (repository.commit,):
            return self.refuse(404, "RevisionNotFound")
        answer = {"id": name, "sha": repository.commit, "siblings": [repository.entry(file) for file in repository.files]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self, hub, name, commit, file):
        repository, faults = hub.repositories.get(name), hub.faults
        if faults.circle:
            return self.refuse(302, headers={"Location": self.path})
        if faults.redirect:
            return self.refuse(302, headers={"Location": faults.redirect + self.path})
        if self.refused(hub, repository, False):
            return
        if file not in repository.files or commit not in (repository.commit, *repository.revisions):
            return self.refuse(404, "EntryNotFound")
        self.send_content(faults, file, repository.files[file])

    def send_content(self, faults, file, content):
        wanted, start = self.headers.get("Range"), 0
        if wanted and faults.no_range > 0:
            faults.no_range -= 1
            return self.refuse(416)
        if wanted and faults.ranges:
            start = int(wanted[len("bytes="):].rstrip("-"))
            if faults.wrong_range > 0:
                faults.wrong_range -= 1
                start += 1
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", faults.lengths.get(file, str(len(content) - start)))
        self.send_header("ETag", '"whatever"')
        self.end_headers()
        self.send_bytes(faults, content[start:])

    def send_bytes(self, faults, rest):
        if faults.silent > 0:
            faults.silent -= 1
            self.wfile.write(rest[:len(rest) // 2])
            self.wfile.flush()
            time.sleep(4)
            self.close_connection = True
            return
        cut = 0 <= faults.cut_after < len(rest) and faults.cuts > 0
        if cut:
            faults.cuts -= 1
            faults.statuses += faults.after_cut
            rest = rest[:faults.cut_after]
        for at in range(0, len(rest), self.BLOCK):
            self.wfile.write(rest[at:at + self.BLOCK])
            if faults.slow:
                self.wfile.flush()
                time.sleep(faults.slow)
        if cut:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that go away are what is tested."""


class Hub:
    """`with Hub() as hub`: serves hub.repositories on a port of its own; hub.requests are (path, headers)."""

    def __init__(self, context=None):
        self.repositories, self.requests, self.faults = {}, [], Faults()
        self.server = Server(("localhost", 0), Handler)
        self.server.hub = self
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.address = f"{scheme}://localhost:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def files_asked(self):
        """Names of the files that were asked for, in order, with the range."""
        return [(path.rsplit("/", 1)[1], headers.get("Range")) for path, headers in self.requests if "/resolve/" in path]
