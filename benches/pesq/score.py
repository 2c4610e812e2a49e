"""Scores pairs of recordings by PESQ narrow band (ITU-T P.862 with the mapping of P.862.1).

Arguments: reference, degraded, reference, degraded …: raw 16-bit little-endian samples at 8 kHz.
Prints one score a line. Needs numpy and pesq 0.0.4.
"""

import sys

import numpy
from pesq import pesq

files = sys.argv[1:]
for reference, degraded in zip(files[::2], files[1::2]):
    samples = [numpy.fromfile(name, dtype="<i2") for name in (reference, degraded)]
    print(pesq(8000, samples[0], samples[1], "nb"))
