"""Real HTTP clients behind one face: `run(job)` plays rounds of requests on ONE client object and gives their statuses.

A job is {"base", "public", "private", "rounds": [[{"method", "target", "body"}…]…], "pause": seconds between rounds}.
The requests of a round with more than one are sent at the same time. `body` is JSON text or None.
"""
import asyncio
import concurrent.futures
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import aiohttp
import httpx
import pyatlassdk.admin
import requests
from pyatlassdk.admin._errors import AtlasApiError

JSON = {"Content-Type": "application/json"}
PATIENCE = 60  # seconds for one command or request


class Client:
    """`head`: can send HEAD; `parallel`: how one client sends many requests at once."""

    name, head, parallel = "", True, ""

    def run(self, job):
        with self.opened(job) as client:
            return self.rounds(job, lambda request: self.send(client, job, request))

    @staticmethod
    def rounds(job, send):
        statuses = []
        for number, batch in enumerate(job["rounds"]):
            if number:
                time.sleep(job["pause"])
            with concurrent.futures.ThreadPoolExecutor(len(batch)) as pool:
                statuses.append(list(pool.map(send, batch)))
        return statuses

    @staticmethod
    def command(*words, stdin=None):
        done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=PATIENCE, check=False)
        return done.stdout, done.stderr


class Curl(Client):
    name, parallel = "curl", "one curl process with --parallel"

    def run(self, job):
        statuses = []
        for number, batch in enumerate(job["rounds"]):
            if number:
                time.sleep(job["pause"])
            words = ["curl", "--silent", "--show-error", "--parallel", "--parallel-max", "50", "--parallel-immediate"]
            for at, request in enumerate(batch):
                words += ["--next"] if at else []
                words += ["--digest", "--user", f"{job['public']}:{job['private']}", "--output", "/dev/null",
                          "--write-out", "%{url_effective} %{http_code}\n"]
                words += ["--head"] if request["method"] == "HEAD" else ["--request", request["method"]]
                words += ["--data-binary", request["body"], "--header", "Content-Type: application/json"] \
                    if request["body"] is not None else []
                words.append(job["base"] + request["target"])
            out, errors = self.command(*words)
            seen = dict(line.split(" ") for line in out.splitlines())
            statuses.append([int(seen.get(job["base"] + r["target"], 0)) or errors.strip() for r in batch])
        return statuses


class Wget(Client):
    name, parallel = "wget", "a wget process each (wget sends one request at a time)"

    def run(self, job):
        return self.rounds(job, lambda request: self.send(job, request))

    def send(self, job, request):
        words = ["wget", "--no-config", "--no-hsts", "--tries=1", "--server-response", "--output-document=-",
                 f"--user={job['public']}", f"--password={job['private']}"]
        if request["method"] == "HEAD":
            words.append("--spider")
        elif request["body"] is not None:
            words += [f"--method={request['method']}", f"--body-data={request['body']}",
                      "--header=Content-Type: application/json"]
        _, errors = self.command(*words, job["base"] + request["target"])
        found = re.findall(r"^ +HTTP/1\.1 (\d{3})", errors, re.M)
        return int(found[-1]) if found else errors.strip()[-200:]


class Requests(Client):
    name, parallel = "requests", "40 threads on one Session and one HTTPDigestAuth"

    @staticmethod
    def opened(job):
        session = requests.Session()
        session.auth = requests.auth.HTTPDigestAuth(job["public"], job["private"])
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=50))
        return session

    @staticmethod
    def send(session, job, request):
        body = request["body"]
        return session.request(request["method"], job["base"] + request["target"], timeout=PATIENCE,
                               data=None if body is None else body.encode(), headers=None if body is None else JSON
                               ).status_code


class Httpx(Client):
    name, parallel = "httpx", "asyncio.gather on one AsyncClient"

    def run(self, job):
        async def play():
            statuses, auth = [], httpx.DigestAuth(job["public"], job["private"])
            async with httpx.AsyncClient(auth=auth, timeout=PATIENCE) as client:
                for number, batch in enumerate(job["rounds"]):
                    if number:
                        await asyncio.sleep(job["pause"])
                    answers = await asyncio.gather(*(client.request(
                        r["method"], job["base"] + r["target"], content=r["body"],
                        headers=None if r["body"] is None else JSON) for r in batch))
                    statuses.append([answer.status_code for answer in answers])
            return statuses
        return asyncio.run(play())


class Aiohttp(Client):
    name, parallel = "aiohttp", "asyncio.gather on one ClientSession and one DigestAuthMiddleware"

    def run(self, job):
        async def send(session, request):
            body = request["body"]
            async with session.request(request["method"], job["base"] + request["target"],
                                       data=None if body is None else body.encode(),
                                       headers=None if body is None else JSON) as answer:
                await answer.read()
                return answer.status

        async def play():
            statuses, auth = [], aiohttp.DigestAuthMiddleware(job["public"], job["private"])
            async with aiohttp.ClientSession(middlewares=(auth,), timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
                for number, batch in enumerate(job["rounds"]):
                    if number:
                        await asyncio.sleep(job["pause"])
                    statuses.append(await asyncio.gather(*(send(session, r) for r in batch)))
            return statuses
        return asyncio.run(play())


class Urllib(Client):
    name, parallel = "urllib.request", "an opener a thread (its digest handler keeps state that is not locked)"

    def run(self, job):
        openers = [self.opener(job) for _ in range(max(len(batch) for batch in job["rounds"]))]
        return self.rounds(dict(job, rounds=[list(zip(openers, batch)) for batch in job["rounds"]]),
                           lambda pair: self.send(pair[0], job, pair[1]))

    @staticmethod
    def opener(job):
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, job["base"], job["public"], job["private"])
        return urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                           urllib.request.HTTPDigestAuthHandler(passwords))

    @staticmethod
    def send(opener, job, request):
        body = request["body"]
        asked = urllib.request.Request(job["base"] + request["target"], None if body is None else body.encode(),
                                       {} if body is None else JSON, method=request["method"])
        try:
            with opener.open(asked, timeout=PATIENCE) as answer:
                answer.read()
                return answer.status
        except urllib.error.HTTPError as why:
            return why.code


class Atlas(Client):
    """On httpx; its digest state is not locked, so that threads have a client each."""

    name, head = "pyatlassdk", False
    parallel = "an AtlasAdminClient a thread"

    def run(self, job):
        clients = [self.opened(job) for _ in range(max(len(batch) for batch in job["rounds"]))]
        try:
            return self.rounds(dict(job, rounds=[list(zip(clients, batch)) for batch in job["rounds"]]),
                               lambda pair: self.send(pair[0], job, pair[1]))
        finally:
            for client in clients:
                client.close()

    @staticmethod
    def opened(job):
        return pyatlassdk.admin.AtlasAdminClient(public_key=job["public"], private_key=job["private"],
                                                 base_url=job["base"] + "/api/atlas/v2")

    @staticmethod
    def send(client, job, request):
        body, url = request["body"], urllib.parse.urlsplit(request["target"].removeprefix("/api/atlas/v2"))
        try:
            client.request(request["method"], url.path, params=dict(urllib.parse.parse_qsl(url.query)),
                           json=None if body is None else json.loads(body))
            return 200
        except AtlasApiError as why:
            return why.status_code


class SharedAtlas(Atlas):
    """One AtlasAdminClient for 40 threads."""

    run = Client.run


class Node(Client):
    """A client of the npm registry, in a script of its own."""

    def __init__(self, name, script, parallel, setting):
        self.name, self.parallel = name, parallel
        self.words = [setting.node, f"{setting.modules}/{script}"]

    def run(self, job):
        out, errors = self.command(*self.words, stdin=json.dumps(job))
        if not out.strip():
            raise RuntimeError(errors[-1000:])
        return json.loads(out)


def every_client(setting):
    return [Curl(), Wget(), Requests(), Httpx(), Aiohttp(), Urllib(), Atlas(),
            Node("npm digest-fetch", "digest_fetch.mjs", "Promise.all on one DigestClient", setting),
            Node("npm urllib", "urllib.mjs", "Promise.all on one HttpClient", setting)]
