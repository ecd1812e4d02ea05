#!/usr/bin/env python3
"""Runs interop suites against a keywarden binary: `tests/run` sets up what this needs and calls it.

    python run.py --binary target/release/keywarden --work DIR [--only digest,clients] [--node NODE] [--modules DIR]

The last line (or the file --tally) is 'N passed, N failed'; the exit status is 1 if a check failed.
"""
import argparse
import contextlib
import os
import signal
import sys
import time
import traceback

from checks import Report
from gateway import panics
from suites import attacks, clients, digest, metrics, paths, reload, systemd

SUITES = {"digest": digest, "paths": paths, "clients": clients, "metrics": metrics, "reload": reload,
          "systemd": systemd, "attacks": attacks}
BY_DEFAULT = list(SUITES)


class Setting:
    """What every suite is handed."""

    def __init__(self, args):
        self.binary, self.node, self.modules, self.promtool = args.binary, args.node, args.modules, args.promtool
        self.work, self.corpora = args.work, os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpora")

    def place(self, name):
        """A path in the work folder that nothing stands at yet."""
        path = os.path.join(self.work, name)
        if os.path.exists(path):
            raise FileExistsError(path)
        return path


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--binary", required=True)
    cli.add_argument("--work", required=True, help="an empty folder for configuration folders and logs")
    cli.add_argument("--only", default=",".join(BY_DEFAULT), help=", ".join(SUITES))
    cli.add_argument("--node", default="node")
    cli.add_argument("--modules", default="", help="the folder that holds node_modules")
    cli.add_argument("--promtool", default="promtool")
    cli.add_argument("--tally", default="", help="a file for the last line")
    args = cli.parse_args()
    chosen = args.only.split(",")
    if unknown := [name for name in chosen if name not in SUITES]:
        cli.error(f"no suite is called {', '.join(unknown)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    report, setting = Report(), Setting(args)
    for name in chosen:
        report.suite, begun = name, time.monotonic()
        try:
            SUITES[name].run(report, setting)
        except Exception as why:  # a suite that cannot go on has failed; the others still run
            traceback.print_exc(file=sys.stdout)
            report.check("the suite runs to its end", f"{type(why).__name__}: {str(why).splitlines()[0] if str(why) else why!r}")
        report.check("the gateway did not panic", f"{len(panics)} times, first: {panics[0]}" if panics else "")
        panics.clear()
        report.note(f"took {time.monotonic() - begun:.0f} s")
    with open(args.tally, "w", encoding="ascii") if args.tally else contextlib.nullcontext(sys.stdout) as tally:
        print(f"{report.passed} passed, {report.failed} failed", file=tally)
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
