"""How far chance alone may have moved a count or a share: 95 % intervals."""

from __future__ import annotations

import numpy as np

from metrics.metric import Numbers

Z = 1.959963984540054


def poisson(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Exact limits for the mean behind each count (Garwood, 1936): 50 gives 37.1 and 65.9."""
    # Loaded only when a count is asked for: a start without it is quicker.
    from scipy.special import gammaincinv

    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1), 0.025), 0.0)
    return low, gammaincinv(counts + 1, 0.975)


def wilson(hits: Numbers, of: Numbers) -> tuple[Numbers, Numbers]:
    """Wilson's score limits (1927) for the share behind `hits` out of `of`; missing where `of` is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = Z * np.sqrt(hits * (of - hits) / of + Z * Z / 4)
        middle, whole = hits + Z * Z / 2, np.where(of > 0, of + Z * Z, np.nan)
        return (middle - spread) / whole, (middle + spread) / whole


def loglog(survival: Numbers, greenwood: Numbers) -> tuple[Numbers, Numbers]:
    """Limits on the log-log scale (Kalbfleisch and Prentice, 1980) from Greenwood's sum; missing where it is 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (survival > 0) & (survival < 1)
        factor = np.exp(Z * np.sqrt(greenwood) / np.abs(np.log(survival)))
        return np.where(inside, survival**factor, np.nan), np.where(inside, survival ** (1 / factor), np.nan)
