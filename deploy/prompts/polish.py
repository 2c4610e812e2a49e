"""From a voice's samples to a telephone prompt: 8 kHz, trimmed, faded, at -26 dBov (P.56)."""

from math import gcd

import numpy
from scipy import signal

from stretch import stretched

RATE_HZ = 8_000
HIGH_PASS_HZ = 80
BAND_HZ = 3_500
LEAD_MS, TAIL_MS, FADE_MS = 30, 60, 5
LEVEL_DBOV = -26.0
PEAK_DBOV = -3.0
SILENCE_DB = -45.0  # below the loudest 10 ms: not part of the speech
AUDIBLE = 104  # of 32768: -50 dBov
LEAD_MAX_MS = 120
# ITU-T P.56 method B.
P56_TIME_S, P56_HANGOVER_S, P56_MARGIN_DB = 0.03, 0.2, 15.9


def active_level(samples, rate=RATE_HZ):
    """Active speech level by ITU-T P.56 in dB over full scale; -100 for silence."""
    g = numpy.exp(-1 / (rate * P56_TIME_S))
    envelope = numpy.abs(samples)
    for _ in range(2):
        envelope = signal.lfilter([1 - g], [1, -g], envelope)
    energy = float(numpy.sum(samples**2))
    if energy <= 0:
        return -100.0
    hangover = int(P56_HANGOVER_S * rate)
    places = numpy.arange(len(samples))
    thresholds = 2.0 ** numpy.arange(-15, 1)
    deltas, levels = [], []
    for c in thresholds:
        last = numpy.maximum.accumulate(numpy.where(envelope >= c, places, -hangover - 1))
        active = int((places - last <= hangover).sum())
        if active == 0:
            break
        level = 10 * numpy.log10(energy / active)
        levels.append(level)
        deltas.append(level - 20 * numpy.log10(c))
    for i, delta in enumerate(deltas):
        if delta <= P56_MARGIN_DB:
            if i == 0:
                return levels[0]
            t = (deltas[i - 1] - P56_MARGIN_DB) / (deltas[i - 1] - delta)
            return levels[i - 1] + t * (levels[i] - levels[i - 1])
    return levels[-1]


def trimmed(samples, rate=RATE_HZ):
    """The speech with its lead and tail; silence beyond them is cut, missing silence is added."""
    window = rate // 100
    power = numpy.convolve(samples**2, numpy.ones(window) / window, "same")
    loud = numpy.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    lead, tail = rate * LEAD_MS // 1000, rate * TAIL_MS // 1000
    padded = numpy.concatenate([numpy.zeros(lead), samples, numpy.zeros(tail)])
    return padded[loud[0] : loud[-1] + 1 + lead + tail]


def limited(samples):
    """Samples whose peaks stay below the limit: a smooth gain that dips around them."""
    ceiling = 10 ** (PEAK_DBOV / 20) * 0.99
    if numpy.abs(samples).max() <= ceiling:
        return samples
    need = numpy.minimum(1.0, ceiling / numpy.maximum(numpy.abs(samples), 1e-9))
    width = 2 * (RATE_HZ // 200) + 1
    dip = -signal.windows.hann(width)
    held = numpy.array([need[max(0, i - 40) : i + 41].min() for i in range(len(need))])
    smooth = numpy.convolve(numpy.pad(held, width // 2, "edge"), -dip / -dip.sum(), "valid")
    return samples * numpy.minimum(smooth, need)


def has_stray_start(samples):
    """Whether a polished prompt begins with a faint click and a pause, as lone syllables may."""
    audible = numpy.flatnonzero(numpy.abs(samples) >= AUDIBLE)
    return audible[0] > RATE_HZ * LEAD_MAX_MS // 1000


def polish(samples, rate, stretch):
    """One prompt as 16-bit samples at 8 kHz, `stretch` times as long as it was spoken."""
    samples = samples - samples.mean()
    high = signal.butter(4, HIGH_PASS_HZ, "highpass", fs=rate, output="sos")
    samples = signal.sosfilt(high, samples)
    shared = gcd(rate, RATE_HZ)
    up, down = RATE_HZ // shared, rate // shared
    taps = signal.firwin(480 * up + 1, BAND_HZ, fs=rate * up, window=("kaiser", 8.0))
    return finished(trimmed(signal.resample_poly(samples, up, down, window=taps)), stretch)


def finished(samples, stretch):
    """Trimmed samples at their pace, faded and at the level of the prompts."""
    if stretch != 1.0:
        samples = stretched(samples, stretch, RATE_HZ)
    fade = RATE_HZ * FADE_MS // 1000
    ramp = 0.5 - 0.5 * numpy.cos(numpy.pi * (numpy.arange(fade) + 0.5) / fade)
    samples = samples.copy()
    samples[:fade] *= ramp
    samples[-fade:] *= ramp[::-1]
    for _ in range(4):  # limiting moves the level a little
        samples = limited(samples * 10 ** ((LEVEL_DBOV - active_level(samples)) / 20))
    return numpy.round(samples * 32768).clip(-32768, 32767).astype("<i2")
