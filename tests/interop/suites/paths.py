"""Path confusion: 50 000 mutated targets, judged by 20 modelled upstream steps (corpora/path_oracle.py)."""
import os
import re
import shlex
import subprocess
import sys

from gateway import Folder, Gateway, key, organization, resources

BASES = ("/api/atlas/v1.0", "/api/atlas/v1.5", "/api/atlas/v2", "/api/public/v1.0")
COUNT = 50_000
KEYS = [key(1, "pathskey", "not used here", [])]


def oracle(setting, *arguments):
    return subprocess.run([sys.executable, os.path.join(setting.corpora, "path_oracle.py"), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)


def table_lines(setting):
    return oracle(setting, "--print-table").stdout.splitlines()


def run(report, setting):
    folder = Folder(setting.place("paths"), resources(table_lines(setting), BASES), {"interop": organization(KEYS)},
                    KEYS)
    gateway = Gateway(setting.binary, folder, 9)  # never started: only its settings are needed
    gateway.ports, gateway.admin = {"plain": 8080}, 9180
    gateway.write_settings()
    command = shlex.join([setting.binary, "--config", folder.path, "resources", "test", "--batch"])
    done = oracle(setting, "--command", command, "--count", str(COUNT))
    lines = done.stdout.splitlines()
    found = re.match(r"(\d+) bypassed, (\d+) weaker and (\d+) stricter", lines[-1]) if lines else None
    if not found:
        report.check("the classifier answers", done.stdout[-2000:] or f"ended with {done.returncode}")
        return
    for line in lines[:-2]:
        report.note(line)
    report.check(f"no target bypasses the table ({lines[-2]})", "" if found[1] == "0" else f"{found[1]} bypassed")
    report.check("no answer is weaker than the reference policy", "" if found[2] == "0" else f"{found[2]} weaker")
    report.note(f"{found[3]} of {COUNT} answers are stricter than the reference policy")
