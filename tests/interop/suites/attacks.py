"""The attack corpus: every row of corpora/attacks.tsv, all listeners, the slow rows too (about two minutes)."""
import json
import os
import re
import subprocess
import sys

from gateway import PROJECT, REALM, Folder, Gateway, die_with_parent, key, organization, resources
from suites.paths import BASES, table_lines

K0 = key(1, "attackk0", "private-of-k0", [])
K1 = key(2, "attackk1", "private-of-k1", ["127.0.0.2", "203.0.113.0/24", "2001:db8:1::/48", "fe80::/10"])
K2 = key(3, "attackk2", "private-of-k2", [])
PROXIES = ["127.0.0.4/32", "127.0.0.5/32"]
LISTENERS = {
    "plain": {},
    "xff": {"client_address": {"source": "x_forwarded_for", "trusted_proxies": PROXIES}},
    "forwarded": {"client_address": {"source": "forwarded", "trusted_proxies": PROXIES[:1]}},
    "proxy": {"client_address": {"source": "proxy_protocol", "trusted_proxies": PROXIES[:1]}},
    "h2": {"http2": "prior_knowledge"},
}


def run(report, setting):
    folder = Folder(setting.place("attacks"), resources(table_lines(setting), BASES),
                    {"first": organization([K0, K1], projects=[PROJECT]),
                     "second": organization([K2], f"{7:024x}", "Strict", True, [])}, [K0, K1, K2])
    keys, log, runner = setting.place("attacks.keys.json"), setting.place("attacks.upstream.jsonl"), \
        os.path.join(setting.corpora, "attack_cases.py")
    with open(keys, "w", encoding="utf-8") as file:
        json.dump({"realm": REALM, **{name: {"public": pair[0]["public_key"], "private": pair[1]}
                                      for name, pair in (("K0", K0), ("K1", K1), ("K2", K2))}}, file)
    upstream = subprocess.Popen([sys.executable, runner, "upstream", "--port", "0", "--log", log],
                                stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    try:
        port = int(upstream.stdout.readline().split()[1])
        with Gateway(setting.binary, folder, port, LISTENERS) as gateway:
            done = subprocess.run(
                [sys.executable, runner, "run", os.path.join(setting.corpora, "attacks.tsv"), "--keys", keys,
                 "--upstream-log", log, "--slow", "--port", str(gateway.port()),
                 *(word for name in LISTENERS if name != "plain" for word in (f"--port-{name}", str(gateway.port(name))))],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=900)
    finally:
        upstream.kill()
        upstream.wait()
    judge(report, done.stdout)


def judge(report, text):
    """The runner's own words: failed rows, then the totals of each class."""
    ended = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", text, re.M)
    if not ended:
        raise RuntimeError(f"attack_cases.py said: {text[-2000:]}")
    lines = text.splitlines()
    failures = [f"{line[5:]} {following.strip()}" for line, following in zip(lines, lines[1:] + [""])
                if line.startswith("FAIL ")]
    for cls, passed, failed in re.findall(r"^(\S+) +(\d+) +(\d+) +\d+$", text, re.M):
        report.note(f"{cls}: {passed} of {int(passed) + int(failed)}")
    report.rows("rows of the corpus", int(ended[1]), failures)
    report.check("every row of the corpus ran", "" if ended[3] == "0" else f"{ended[3]} skipped: "
                 + "; ".join(line for line in lines if line.startswith("skipped ")))
