"""The espeak-ng voice of Debian: rougher, but nothing has to be fetched."""

import subprocess
import tempfile
import tomllib
from pathlib import Path

import numpy
from scipy.io import wavfile

# Debian's `cmn` and `zh` read the tones out as English numbers; only this one speaks Mandarin.
ESPEAK_VOICE = "cmn-latn-pinyin"
WORDS_PER_MINUTE = 200  # at speed 1: sentences run at about 235 characters a minute
TIMEOUT_S = 60
HERE = Path(__file__).resolve().parent


class Voice:
    """Speaks hanzi. `overrides` are the words whose reading pinyin.toml fixes."""

    RATE_HZ = 22_050
    NAME = f"espeak-ng/{ESPEAK_VOICE}"

    def __init__(self):
        words = tomllib.loads((HERE / "pinyin.toml").read_text(encoding="utf-8"))["words"]
        self.overrides = dict(sorted(words.items(), key=lambda word: -len(word[0])))

    def applied(self, text: str):
        """The text with fixed readings in place of their words, and the words it had."""
        found = []
        for word, reading in self.overrides.items():
            if word in text:
                found.append(word)
                text = text.replace(word, f" {reading} ")
        return text.strip(), found

    def overridden(self, text: str) -> str:
        """The overrides that apply to a text, as written into the manifest."""
        return "; ".join(f"{word}={self.overrides[word]}" for word in self.applied(text)[1])

    def reading(self, text: str) -> str:
        """What espeak-ng is given."""
        return self.applied(text)[0]

    def speak(self, text: str, speed: float) -> numpy.ndarray:
        """Samples at 22.05 kHz, -1 to 1."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.wav"
            subprocess.run(
                ["espeak-ng", "-v", ESPEAK_VOICE, "-s", str(round(WORDS_PER_MINUTE * speed)),
                 "-w", str(out), "--stdin"],
                input=self.reading(text).encode(), check=True, timeout=TIMEOUT_S)
            rate, samples = wavfile.read(out)
        if rate != self.RATE_HZ or samples.ndim != 1:
            raise SystemExit(f"espeak-ng: {rate} Hz, {samples.ndim} channels")
        return samples / 32768
