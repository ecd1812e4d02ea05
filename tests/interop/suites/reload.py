"""Reload under load: 200 policies in a row while digest requests keep coming on kept connections."""
import json
import os
import threading
import time

from digest_client import Closed, DigestConnection
from gateway import PROJECT, Folder, Gateway, key, organization, replace, resources, yaml
from suites.paths import BASES, table_lines
from upstream import Upstream

RELOADS = 200
ONE_RELOAD, ALL_RELOADS = 30, 400  # seconds at most; a busy machine stands still for some
LIST = {"in": ["127.0.0.0/8"], "out": ["192.0.2.0/24"]}
TARGET = f"/api/atlas/v2/groups/{PROJECT}/clusters/Cluster0/backup/restoreJobs"
CALLERS = [("GET", TARGET), ("GET", TARGET + "?pretty=true"), ("POST", TARGET, b'{"snapshotId": "under load"}')]


def policy(word):
    """The organization file that lists the caller's address (`in`) or does not (`out`)."""
    return [key(1, "reloaded", "s3cret", LIST[word])]


class Caller(threading.Thread):
    """Sends digest requests one after the other on one connection and notes when and how each was answered."""

    def __init__(self, port, stop, asked):
        super().__init__(daemon=True)
        self.port, self.stop, self.asked, self.answers, self.trouble = port, stop, asked, [], ""

    def run(self):
        try:
            connection = DigestConnection(self.port, "reloaded", "s3cret")
            while not self.stop.is_set():
                begun = time.monotonic()
                status, text = connection.ask(*self.asked)
                self.answers.append((begun, time.monotonic(), word_of(status, text)))
        except Closed as why:
            self.trouble = f"connection closed after {len(self.answers)} requests: {why}"
        except Exception as why:  # whatever else ends a caller is a failed request
            self.trouble = f"request failed after {len(self.answers)}: {why!r}"


def word_of(status, text):
    if status == 200 and b'"target"' in text:
        return "in"
    if status == 403 and json.loads(text).get("errorCode") == "IP_ADDRESS_NOT_ON_ACCESS_LIST":
        return "out"
    return f"{status} {text[:200]!r}"


def run(report, setting):
    upstream, stop = Upstream(), threading.Event()
    folder = Folder(setting.place("reload"), resources(table_lines(setting), BASES),
                    {"interop": organization(policy("in"))}, policy("in"))
    limits = {"requests_per_connection": 10_000_000}
    try:
        with Gateway(setting.binary, folder, upstream.port, lifetime="30m", limits=limits) as gateway:
            callers = [Caller(gateway.port(), stop, asked) for asked in CALLERS]
            for caller in callers:
                caller.start()
            try:
                periods, why = reloads(gateway, folder, callers)
            finally:
                stop.set()
                for caller in callers:
                    caller.join(30)
    finally:
        upstream.close()
    answers = [answer for caller in callers for answer in caller.answers]
    tally = {word: sum(a[2] == word for a in answers) for word in LIST}
    times = sorted(seen - written for written, seen, _ in periods[1:])
    report.check(f"{RELOADS} reloads took effect", why)
    if times:
        report.note(f"from rename to /status: median {times[len(times) // 2] * 1000:.0f} ms, "
                    f"longest {times[-1] * 1000:.0f} ms")
    report.check(f"no request failed and no connection was closed ({len(answers)} requests on {len(CALLERS)} connections)",
                 "; ".join(caller.trouble for caller in callers if caller.trouble))
    report.check(f"every answer is one of the two policies' ({tally['in']} let through, {tally['out']} refused)",
                 next((a[2] for a in answers if a[2] not in LIST), "") or ("" if all(tally.values()) else "one is missing"))
    wrong = [a for a in answers if a[2] in LIST and a[2] not in in_force(periods, a[0], a[1])]
    report.check("once /status tells the new generation, only the new policy answers",
                 f"{len(wrong)} answers by an old policy, the first {late(periods, wrong[0])}" if wrong else "")


def reloads(gateway, folder, callers):
    """-> ([(written, seen in force, word)…], problem); waits by asking /status."""
    path = os.path.join(folder.path, "organizations", "interop.yaml")
    periods, generation = [(0.0, 0.0, "in")], generation_of(gateway)
    begun = time.monotonic()
    for number in range(RELOADS):
        word = "out" if number % 2 == 0 else "in"
        text = yaml(organization(policy(word))) + "\n"
        written = time.monotonic()
        replace(path, text)
        before = generation
        while generation == before:
            time.sleep(0.005)  # between two looks, not in their place
            generation = generation_of(gateway)
            if time.monotonic() > written + ONE_RELOAD:
                return periods, f"reload {number + 1} not in force within {ONE_RELOAD} s (generation {generation})"
        periods.append((written, time.monotonic(), word))
        if time.monotonic() > begun + ALL_RELOADS:
            return periods, f"only {number + 1} within {ALL_RELOADS} s"
        if all(caller.trouble for caller in callers):
            return periods, f"no caller was left after {number + 1} reloads"
        hear(callers)
    return periods, ""


def generation_of(gateway):
    status, text = gateway.ask("/status")
    if status != 200:
        raise RuntimeError(f"/status answers {status}")
    return json.loads(text)["generation"]["number"]


def hear(callers):
    """Until every caller has had an answer to a request that it began after now."""
    now = time.monotonic()
    while time.monotonic() < now + ONE_RELOAD:
        if all(c.trouble or c.answers and c.answers[-1][0] > now for c in callers):
            return
        time.sleep(0.002)


def in_force(periods, begun, ended):
    """The policies that may have answered a request: in force from their writing until their successor was seen."""
    following = [seen for _, seen, _ in periods[1:]] + [float("inf")]
    return {word for (written, _, word), replaced in zip(periods, following) if written <= ended and replaced >= begun}


def late(periods, answer):
    seen = max(seen for _, seen, _ in periods if seen <= answer[0])
    return f"{(answer[0] - seen) * 1000:.1f} ms after"
