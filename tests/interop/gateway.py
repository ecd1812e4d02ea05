"""A gateway of one's own: writes a configuration folder, runs `keywarden serve` on free ports, takes it down again."""
import ctypes
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

REALM = "keywarden"
ORGANIZATION = "5980cfdf0b6d97029d82f86e"
PROJECT = "32b6e34b3d91647abb20e7b8"
READY_WITHIN = 20  # seconds
HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


# ---------------------------------------------------------------- what is written
def yaml(value, indent=0):
    """Block-style YAML of dicts, lists and scalars; texts are always quoted."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        lines = []
        for key, item in value.items():
            nested = isinstance(item, (dict, list)) and item
            lines.append(f"{pad}{key}:" + ("\n" + yaml(item, indent + 1) if nested else " " + scalar(item)))
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(pad + "- " + yaml(item, indent + 1).lstrip() for item in value)
    return pad + scalar(value)


def scalar(value):
    return json.dumps(value, ensure_ascii=False)


def key(number, public, private, access_list, **more):
    """One key as it stands in an organization file, with its private key beside it."""
    entries = [entry if isinstance(entry, dict) else {"cidr" if "/" in entry else "address": entry}
               for entry in access_list]
    written = {"id": f"{number:024x}", "public_key": public, "description": f"key {number}", "roles": ["ORG_OWNER"],
               "access_list": entries, **more}
    return written, private


def organization(keys, ident=ORGANIZATION, name="Interop", require=False, projects=(PROJECT,)):
    return {"version": 1, "id": ident, "name": name, "require_access_list": require,
            "projects": [{"id": project, "name": f"project-{n}"} for n, project in enumerate(projects)],
            "keys": [written for written, _ in keys]}


def resources(table_lines, bases):
    """The resource table of `METHOD[,METHOD] /base/path` lines, every row requiring an access list."""
    paths = {}
    for line in table_lines:
        methods, template = line.split()
        base = next(b for b in bases if template.startswith(b + "/"))
        paths.setdefault((methods, template[len(base):]), set()).add(base)
    for row, seen in paths.items():
        if seen != set(bases):
            raise ValueError(f"{row} does not stand under every base")
    rows = [{"id": f"row-{n}", "section": "Interop", "title": f"{methods} {path}",
             "operations": [f"{method} {path}" for method in methods.split(",")], "require": "access_list"}
            for n, (methods, path) in enumerate(paths)]
    return {"version": 1, "bases": list(bases),
            "scopes": {"organization": {"path": "/orgs/{id}"}, "project": {"path": "/groups/{id}", "except": ["byName"]}},
            "resources": rows}


def htdigest(keys, algorithms=("MD5", "SHA-256"), realm=REALM):
    lines = []
    for written, private in keys:
        secret = f"{written['public_key']}:{realm}:{private}".encode()
        lines += [f"{written['public_key']}:{realm}:{hashlib.new(HASHES[a], secret).hexdigest()}" for a in algorithms]
    return "".join(line + "\n" for line in lines)


def replace(path, text):
    """As careful writers do: a temporary file beside it, then a rename."""
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


class Folder:
    """A configuration folder on disk."""

    def __init__(self, path, table, organizations, keys):
        self.path = path
        for sub in ("organizations", "credentials"):
            os.makedirs(os.path.join(path, sub))
        self.write("resources.yaml", yaml(table))
        for name, value in organizations.items():
            self.write(f"organizations/{name}.yaml", yaml(value))
        secret = os.path.join(path, "credentials", "interop")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(htdigest(keys))

    def write(self, name, text):
        replace(os.path.join(self.path, name), text + "\n")


# ---------------------------------------------------------------- what is run
LIBC = ctypes.CDLL(None)  # loaded before any fork


def die_with_parent():
    LIBC.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


panics = []  # what every gateway of this process said of panics


class Gateway:
    """`with Gateway(binary, folder, upstream_port, …) as gateway:` is a gateway that is ready."""

    def __init__(self, binary, folder, upstream_port, listeners=None, lifetime="5m", **settings):
        self.binary, self.folder, self.process = binary, folder, None
        self.listeners = listeners or {"plain": {}}
        self.settings = {"upstream": {"url": f"http://127.0.0.1:{upstream_port}"},
                         "digest": {"realm": REALM, "algorithms": ["MD5", "SHA-256"], "nonce_lifetime": lifetime},
                         "throttle": {"exempt": ["127.0.0.0/8"]}, **settings}
        self.log = folder.path + ".log"
        self.ports, self.admin = {}, 0

    def __enter__(self):
        for attempt in range(3):  # another program may have taken a port meanwhile
            *ports, self.admin = free_ports(len(self.listeners) + 1)
            self.ports = dict(zip(self.listeners, ports))
            self.write_settings()
            why = self.start()
            if not why:
                return self
            self.stop()
            if attempt == 2 or "in use" not in why:
                raise RuntimeError(f"keywarden is not ready: {why}")

    def __exit__(self, *_):
        self.stop()
        lines = self.said(None).splitlines()
        panics.extend(f"{line} {lines[at + 1] if at + 1 < len(lines) else ''}" for at, line in enumerate(lines)
                      if "panicked at" in line)

    def write_settings(self):
        listeners = [{"name": name, "address": f"127.0.0.1:{self.ports[name]}",
                      "server_names": ["127.0.0.1", "localhost", "api.example.test"], **more}
                     for name, more in self.listeners.items()]
        self.folder.write("keywarden.yaml", yaml({
            "version": 1, "listeners": listeners, "admin": {"address": f"127.0.0.1:{self.admin}"},
            "access_log": {"format": "json", "path": self.folder.path + ".access.log"},
            "shutdown": {"linger": "0s", "grace": "5s"}, **self.settings}))

    def start(self):
        """-> why it is not ready, or nothing."""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.folder.path], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return f"ended with {self.process.returncode}\n{self.said()}"
            if self.ask("/health/ready")[0] == 200:
                return ""
            time.sleep(0.02)
        return f"no /health/ready within {READY_WITHIN} s\n{self.said()}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self, last=4000):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        return text if last is None else text[-last:]

    def ask(self, path):
        """-> (status, text) of the admin listener; status 0 if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as why:
            return why.code, why.read().decode()
        except OSError:
            return 0, ""

    def port(self, listener="plain"):
        return self.ports[listener]

    def url(self, listener="plain"):
        return f"http://127.0.0.1:{self.ports[listener]}"
