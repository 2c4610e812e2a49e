#!/usr/bin/env python3
"""How much of the recordings a speech recogniser understands through A-law. Opt-in; see README.md."""

import argparse
import re
import tomllib
from pathlib import Path

import numpy
import pypinyin
from faster_whisper import WhisperModel
from scipy.signal import resample_poly

from manifest import samples_of

RATE_HZ = 8_000
SENTENCES = ["G01", "G02", "G03N", "L01", "L02", "M01", "M04", "M14", "B01", "X04N", "ST00",
             "ST01", "ST03", "ST07", "ST12", "ST13", "DL03", "DL07"]
# Text and recordings of sentences with slots.
JOINED = [["ST04.1", "unit.08", "ST04.2"], ["unit.19", "ST05"], ["unit.27", "ST06"],
          ["DL01", "y.2026", "m.12", "date.1", 120, "w.2"], ["DL02", "day.2"],
          ["DL05.1", "y.2026", "m.12", "date.4", 120, "DL05.2", "reason.complex"]]
CASES = ["26112200131", "26021401288", "26092400075", "26100801029", "26123104567"]
CODES = ["4821", "0000", "9914", "7356"]
SAYS = {"yao": "1", "yi": "1", "ling": "0", "lin": "0", "er": "2", "san": "3", "si": "4",
        "ci": "4", "shi": "4", "wu": "5", "liu": "6", "qi": "7", "ba": "8", "jiu": "9"}
DIGITS = "零一二三四五六七八九"


def edits(want, heard, anywhere=False):
    """Fewest changes from one list to the other, or to any stretch of it."""
    row = [0 if anywhere else n for n in range(len(heard) + 1)]
    for i, x in enumerate(want, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return min(row) if anywhere else row[-1]


def alaw(samples):
    """The samples as they sound after A-law (ITU-T G.711)."""
    whole = numpy.clip(numpy.round(samples * 32768), -32768, 32767).astype(int)
    size = numpy.minimum(numpy.abs(whole), 32_767) >> 3
    segment = numpy.maximum(numpy.floor(numpy.log2(numpy.maximum(size, 1))).astype(int) - 4, 0)
    step = numpy.where(segment <= 1, 2, 2**segment)
    return numpy.where(whole < 0, -1, 1) * ((size // step) * step + step / 2) * 8 / 32768


def syllables(text):
    """Pinyin without tones of everything that is a hanzi or a digit."""
    text = "".join(DIGITS[int(c)] if c.isascii() and c.isdigit() else c for c in text)
    kept = "".join(c for c in text if "\u4e00" <= c <= "\u9fff")
    return ["yi" if s == "yao" else s for s in pypinyin.lazy_pinyin(kept)]


def digits(text):
    """The digits somebody would write down."""
    return "".join(SAYS.get(s, "") for s in syllables(text))


class Ear:
    """The recogniser and the recordings."""

    def __init__(self, folder: Path, model: Path):
        self.folder = folder
        rows = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))["clip"]
        self.rows = {row["id"]: row for row in rows}
        self.model = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1)

    def sound(self, part):
        """A recording by its id, or silence by its milliseconds."""
        if isinstance(part, int):
            return numpy.zeros(part * RATE_HZ // 1000)
        return samples_of((self.folder / self.rows[part]["file"]).read_bytes())

    def hears(self, parts) -> str:
        """What the recogniser writes."""
        samples = alaw(numpy.concatenate([self.sound(part) for part in [200, *parts, 300]]))
        wide = resample_poly(samples, 2, 1).astype(numpy.float32)
        found, _ = self.model.transcribe(wide, language="zh", beam_size=5, temperature=0,
                                         condition_on_previous_text=False)
        return "".join(segment.text for segment in found)

    def sentence(self, parts):
        """Wrong syllables and all syllables of a sentence."""
        want = syllables("".join(self.rows[p]["text"] for p in parts if isinstance(p, str)))
        heard = self.hears(parts)
        wrong = min(edits(want, syllables(heard)), len(want))
        print(f"{'+'.join(map(str, parts))}: {wrong}/{len(want)} {heard}", flush=True)
        return wrong, len(want)

    def number(self, intro, text, groups, pauses):
        """Wrong digits and all digits of a number."""
        parts, rest = [intro, 100], text
        for n, size in enumerate(groups):
            group, rest = rest[:size], rest[size:]
            pairs = re.findall("..?", group)
            for k, pair in enumerate(pairs):
                if n or k:
                    parts.append(pauses[0] if k else pauses[1])
                last = n == len(groups) - 1 and k == len(pairs) - 1
                parts.append(f"d.{pair}.{'f' if last else 'm'}")
        heard = self.hears(parts)
        wrong = edits(text, digits(heard), anywhere=True)
        print(f"{text}: {wrong}/{len(text)} {heard[:80]}", flush=True)
        return wrong, len(text)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of a CTranslate2 Whisper")
    parser.add_argument("--prompts", type=Path, default=Path("prompts/zh-CN"))
    parser.add_argument("--pauses", default="150,450", help="ms between pieces and between groups")
    args = parser.parse_args()
    ear = Ear(args.prompts, args.model)
    pauses = [int(ms) for ms in args.pauses.split(",")]
    said = [ear.sentence([name]) for name in SENTENCES] + [ear.sentence(p) for p in JOINED]
    cases = [ear.number("M05.1", case, [6, 4, 1], pauses) for case in CASES]
    codes = [ear.number("M06.1", code, [4], pauses) for code in CODES]
    for name, found in [("sentences", said), ("case numbers", cases), ("query codes", codes)]:
        wrong, total = map(sum, zip(*found))
        right = sum(1 for f in found if not f[0])
        print(f"{name}: {100 * wrong / total:.1f} % wrong, {right} of {len(found)} without error")


if __name__ == "__main__":
    main()
