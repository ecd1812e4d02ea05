"""A small digest client on one keep-alive connection that notices when the connection is closed."""
import hashlib
import http.client
import re
import secrets

from gateway import REALM


class Closed(Exception):
    """The gateway closed the connection or answered with `Connection: close`."""


class DigestConnection:
    """One connection, one nonce until it is stale."""

    def __init__(self, port, public, private):
        self.public, self.ha1 = public, _md5(f"{public}:{REALM}:{private}")
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.link.connect()
        self.link.auto_open = 0  # a closed connection must not be opened again behind our back
        self.nonce, self.count = "", 0

    def ask(self, method, target, body=None):
        """-> (status, body) of the answer after any challenge."""
        for _ in range(3):
            status, fields, text = self.once(method, target, body)
            if status != 401:
                return status, text
            challenge = next(v for v in fields.get_all("WWW-Authenticate", []) if "algorithm=MD5" in v)
            self.nonce, self.count = re.search(r'nonce="([^"]+)"', challenge)[1], 0
        return 401, text

    def once(self, method, target, body):
        fields = {"Authorization": self.credentials(method, target)} if self.nonce else {}
        try:
            self.link.request(method, target, body, fields)
            answer = self.link.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as why:
            raise Closed(repr(why)) from None
        if self.link.sock is None:
            raise Closed(f"Connection: close after {answer.status}")
        return answer.status, answer.headers, text

    def credentials(self, method, target):
        self.count += 1
        cnonce, nc = secrets.token_hex(8), f"{self.count:08x}"
        response = _md5(f"{self.ha1}:{self.nonce}:{nc}:{cnonce}:auth:" + _md5(f"{method}:{target}"))
        return (f'Digest username="{self.public}", realm="{REALM}", nonce="{self.nonce}", uri="{target}", '
                f'algorithm=MD5, qop=auth, nc={nc}, cnonce="{cnonce}", response="{response}"')

    def close(self):
        self.link.close()


def _md5(text):
    return hashlib.md5(text.encode()).hexdigest()
