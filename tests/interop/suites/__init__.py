"""One suite a file; each has `run(report, setting)`."""
