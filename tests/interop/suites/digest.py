"""HTTP Digest: every row of corpora/digest.tsv against the running gateway."""
import os
import subprocess
import sys

from gateway import Folder, Gateway, key, organization, resources
from suites.paths import BASES, table_lines
from upstream import Upstream

KEYS = [
    key(1, "pubkey1", "s3cret", []),
    key(2, "pubkey2", "other-secret", []),
    key(3, 'we"ird\\user', "p:w", []),
    key(4, "Jäsøn Doe", "Secret, or not?", []),
    key(5, "utf8pw", "пароль-鍵", []),
]
GROUPS = {"A": "foreign or absent credentials", "B": "valid credentials", "C": "wrong credentials",
          "D": "malformed credentials", "E": "nonces and replay", "F": "shape of answers"}
WAITING = "E21,E22"  # rows that outlive a nonce: they need a gateway of their own


def run(report, setting):
    upstream = Upstream()
    try:
        rows = corpus(setting, upstream, "digest", "5m", [])
        rows = [row for row in rows if row[0] != "skip" or row[1] not in WAITING.split(",")]
        rows += corpus(setting, upstream, "digest-short", "2s", ["--lifetime", "2", "--only", WAITING])
    finally:
        upstream.close()
    for letter, title in GROUPS.items():
        mine = [row for row in rows if row[1].startswith(letter)]
        bad = [f"{row[1]} {row[4]}: {row[2]}, {row[3]}" for row in mine if row[0] not in ("pass", "alternative")]
        report.rows(f"{letter} {title}", len(mine) - len(bad), bad)
    report.check("every row of the corpus ran", "" if len(rows) == count_rows(setting) else f"{len(rows)} rows")
    lenient = [row for row in rows if row[0] == "alternative"]
    report.note(f"strict: {sum(row[0] == 'pass' for row in rows)} of {len(rows)} rows as expected"
                + "".join(f"; {row[1]} by an acceptable alternative ({row[2]}, {row[3]})" for row in lenient))


def corpus(setting, upstream, name, lifetime, more):
    """-> rows [verdict, id, 'expect …', 'got …', description] of one run of the corpus runner."""
    table = resources(table_lines(setting), BASES)
    folder = Folder(setting.place(name), table, {"interop": organization(KEYS)}, KEYS)
    out = setting.place(name + ".report")
    with Gateway(setting.binary, folder, upstream.port, lifetime=lifetime) as gateway:
        done = subprocess.run([sys.executable, os.path.join(setting.corpora, "digest_cases.py"),
                               os.path.join(setting.corpora, "digest.tsv"), "--port", str(gateway.port()), "--out", out,
                               *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=300)
    if not os.path.exists(out):
        raise RuntimeError(f"digest_cases.py ended with {done.returncode}: {done.stdout[-2000:]}")
    with open(out, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def count_rows(setting):
    with open(os.path.join(setting.corpora, "digest.tsv"), encoding="utf-8") as file:
        return sum(1 for line in file if line.strip() and not line.startswith("#"))
