"""The back end behind the gateway: records every request it gets and plays the few Atlas paths that a client needs."""
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

ACCESS_LIST = re.compile(r"/api/atlas/v2/orgs/([^/]+)/apiKeys/([^/]+)/accessList(?:/([^/]+))?")


class Upstream:
    """Listens on a free loopback port; `seen(tag)` gives the requests whose target contains the tag."""

    def __init__(self):
        self.lock, self.records, self.lists = threading.Lock(), [], {}
        owner = self

        class Handler(_Handler):
            upstream = owner

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def seen(self, tag):
        with self.lock:
            return [record for record in self.records if tag in record["target"]]

    def forget(self):
        with self.lock:
            self.records.clear()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256

    def handle_error(self, request, client_address):
        pass  # the gateway may give up a connection at any time


class _Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1

    def log_message(self, *_):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        return body

    def answer(self):
        target = self.requestline.split(" ")[1]  # self.path has been tidied up
        body = self.read_body()
        with self.upstream.lock:
            self.upstream.records.append({"method": self.command, "target": target, "body": body,
                                          "headers": {k.lower(): v for k, v in self.headers.items()}})
        status, value = 200, {"method": self.command, "target": target, "length": len(body)}
        path = target.partition("?")[0]
        if found := ACCESS_LIST.fullmatch(path):
            status, value = self.access_list(found[2], found[3], body)
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def access_list(self, key, entry, body):
        with self.upstream.lock:
            entries = self.upstream.lists.setdefault(key, {})
            if entry is not None:
                name = unquote(entry)
                if name not in entries:
                    return 404, {"error": 404, "errorCode": "API_KEY_ACCESS_LIST_ENTRY_NOT_FOUND", "detail": name}
                return 200, entries.pop(name) if self.command == "DELETE" else entries[name]
            if self.command == "POST":
                for item in json.loads(body):
                    text = item.get("cidrBlock") or item["ipAddress"]
                    block = text if "/" in text else text + "/32"
                    entries[text] = {"cidrBlock": block, "ipAddress": text.partition("/")[0], "count": 0}
            return 200, {"links": [], "results": list(entries.values()), "totalCount": len(entries)}
