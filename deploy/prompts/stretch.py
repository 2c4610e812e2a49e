"""Slower speech at the same pitch: waveform-similarity overlap-add (WSOLA)."""

import numpy

PIECE_MS, SEEK_MS = 30, 12  # half a piece overlaps; one pitch period of 80 Hz may be searched


def stretched(samples, factor: float, rate: int):
    """The samples `factor` times as long."""
    hop, seek = rate * PIECE_MS // 2000, rate * SEEK_MS // 1000
    piece = 2 * hop
    window = numpy.hanning(piece + 1)[:piece]
    total = round(len(samples) * factor)
    padded = numpy.concatenate([numpy.zeros(hop + seek), samples, numpy.zeros(piece + 2 * seek)])
    out = numpy.zeros(total + 2 * piece)
    natural = padded[seek : seek + piece]  # what follows the piece before, undisturbed
    for at in range(0, total + hop, hop):
        ideal = min(round(at / factor), len(padded) - piece - 2 * seek)
        around = padded[ideal : ideal + piece + 2 * seek]
        fit = numpy.correlate(around, natural, "valid")
        power = numpy.convolve(around**2, numpy.ones(piece), "valid")
        start = ideal + int(numpy.argmax(fit / numpy.sqrt(power + 1e-6)))
        out[at : at + piece] += window * padded[start : start + piece]
        following = padded[start + hop : start + hop + piece]
        natural = numpy.pad(following, (0, piece - len(following)))
    return out[hop : hop + total]
