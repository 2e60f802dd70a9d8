"""Kaplan-Meier at five years by lifelines, run by the Python of .bench-venv: prints the CPU seconds and the values.

Usage: with_lifelines.py LIVES.npz all|groups, where LIVES.npz holds `days`, `closed` and `group`, one entry per firm.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

FIVE_YEARS = 1826


def at_five_years(days, closed):
    """Survival and its log-log interval on day 1,826."""
    fitter = KaplanMeierFitter().fit(days, closed, timeline=np.array([FIVE_YEARS]))
    low, high = fitter.confidence_interval_.iloc[-1]
    return float(fitter.survival_function_.iloc[-1, 0]), float(low), float(high)


def main():
    """Reads outside the clock; the clock runs from the arrays to the answers."""
    with np.load(sys.argv[1]) as lives:
        frame = pd.DataFrame({name: lives[name] for name in ("days", "closed", "group")})
    started = time.process_time()
    if sys.argv[2] == "all":
        answers = [at_five_years(frame["days"], frame["closed"])]
    else:
        answers = [at_five_years(part["days"], part["closed"]) for _, part in frame.groupby("group", sort=True)]
    seconds = time.process_time() - started
    print(json.dumps({"cpu_seconds": seconds, "answers": len(answers), "first": answers[0]}))


if __name__ == "__main__":
    main()
