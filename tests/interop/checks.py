"""The report: one line a check, counted."""
import sys


class Report:
    """Prints each check as it is known; `suite` stands in front of every line."""

    def __init__(self):
        self.suite, self.passed, self.failed = "", 0, 0

    def check(self, name, problem=""):
        """Passed if `problem` is empty (or false)."""
        if problem:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'FAIL' if problem else 'ok':4} {self.suite:8} {name}" + (f": {problem}" if problem else ""), flush=True)
        return not problem

    def rows(self, name, passed, failures):
        """Many rows of a table as one line, and a line of its own for each that failed."""
        self.passed += passed
        self.failed += len(failures)
        for row in failures:
            print(f"FAIL {self.suite:8} {row}")
        print(f"{'FAIL' if failures else 'ok':4} {self.suite:8} {name}: {passed} of {passed + len(failures)}", flush=True)

    def note(self, text):
        print(f"     {self.suite:8} {text}", flush=True)


def first_difference(wanted, seen):
    """A short text saying how two values differ, or nothing."""
    if wanted == seen:
        return ""
    return f"wanted {str(wanted)[:160]}, got {str(seen)[:160]}"


def tell(text):
    print(text, file=sys.stderr, flush=True)
