"""Metrics: a live scrape passes `promtool check metrics` and bears nothing that a caller can invent."""
import re
import subprocess
import urllib.error
import urllib.request

from checks import first_difference
from digest_client import DigestConnection
from gateway import PROJECT, Folder, Gateway, key, organization, resources
from suites.paths import BASES, table_lines
from upstream import Upstream

KEYS = [key(1, "scraped", "s3cret", ["127.0.0.0/8"]), key(2, "elsewher", "s3cret", ["192.0.2.1"])]
MARK = "zz9marker"  # sent wherever a caller can send something
TARGET = f"/api/atlas/v2/groups/{PROJECT}/clusters"


def run(report, setting):
    upstream = Upstream()
    folder = Folder(setting.place("metrics"), resources(table_lines(setting), BASES), {"interop": organization(KEYS)},
                    KEYS)
    try:
        with Gateway(setting.binary, folder, upstream.port) as gateway:
            before = scrape(gateway)
            traffic(gateway.port())
            after = scrape(gateway)
    finally:
        upstream.close()
    done = subprocess.run([setting.promtool, "check", "metrics"], input=after, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=60)
    report.check(f"promtool check metrics ({len(series(after))} series)",
                 f"exit {done.returncode}: {done.stdout}" if done.returncode or done.stdout.strip() else "")
    report.check("every series exists before it counts",
                 first_difference([], sorted(series(after) - series(before))))
    report.check("no label bears what a caller sent", first_difference([], [x for x in after.split("\n") if MARK in x]))
    report.check("requests were counted", first_difference(True, total(after) >= total(before) + 3))


def traffic(port):
    for public in ("scraped", "elsewher", MARK):
        connection = DigestConnection(port, public, "s3cret")
        connection.ask("GET", TARGET)
        connection.ask("GET", f"{TARGET}/{MARK}?{MARK}=1")
        connection.close()
    for method, fields in ((MARK.upper(), {}), ("GET", {"Host": MARK}), ("GET", {"Authorization": f"Digest {MARK}"})):
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{TARGET}/{MARK}", headers=fields, method=method)
        try:
            urllib.request.urlopen(asked, timeout=20).close()
        except urllib.error.HTTPError as why:
            why.close()


def scrape(gateway):
    status, text = gateway.ask("/metrics")
    if status != 200:
        raise RuntimeError(f"/metrics answers {status}")
    return text


def series(text):
    """Names with labels, without values; the numbered workers and the process's own figures are as they are."""
    return {re.sub(r" [^ }]+$", "", line) for line in text.splitlines() if line and not line.startswith("#")}


def total(text):
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("keywarden_requests_total"))
