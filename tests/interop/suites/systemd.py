"""systemd: the unit that is shipped says nothing systemd does not know, lets through little, and fits the program."""
import os
import re
import subprocess

from checks import first_difference

UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "deploy", "systemd",
                    "keywarden.service")
MOST = 1.5  # exposure; 0 is nothing, 10 everything
PROMISED = {"Type": "notify", "ExecReload": "/bin/kill -HUP $MAINPID", "WatchdogSec": "30",
            "RestartPreventExitStatus": "78", "Restart": "on-failure"}


def run(report, setting):
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    settings = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    report.check("it is ready, reloads, is watched and ends as the program does",
                 first_difference(PROMISED, {name: settings.get(name) for name in PROMISED}))

    # The program need not be installed to be verified: the copy names this one.
    folder = setting.place("systemd")
    os.makedirs(folder)
    copy = os.path.join(folder, "keywarden.service")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace("/usr/bin/keywarden", os.path.abspath(setting.binary)))
    status, said = ask("verify", copy)
    report.check("systemd-analyze verify finds nothing", f"exit {status}: {said}" if status or said.strip() else "")

    status, said = ask("security", "--offline=true", "--no-pager", copy)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    score = float(level.group(1)) if level else None
    report.check(f"systemd-analyze security: {score}, at most {MOST}",
                 "" if score is not None and score <= MOST else f"exit {status}: {said[-2000:]}")

    done = subprocess.run([setting.binary, "--config", os.path.join(folder, "nowhere"), "serve"], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
    report.check("a configuration that is wrong is no reason to start again",
                 first_difference(int(PROMISED["RestartPreventExitStatus"]), done.returncode))


def ask(*words):
    """-> (exit status, everything said) of systemd-analyze."""
    done = subprocess.run(["systemd-analyze", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=60, env={**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout
