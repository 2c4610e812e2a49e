"""The list of recordings, manifest.toml: read, compared with what is wanted, written."""

import hashlib
import struct
import tomllib
from pathlib import Path

import numpy

import polish

COMMENT = b"synthetic speech"
HEADER_BYTES = 44
HEAD = "# Made by deploy/prompts/make_prompts.py; do not edit by hand.\n\n"


def wav(samples) -> bytes:
    """A mono 16-bit file whose comment says that the speech is synthetic."""
    data = samples.tobytes()
    text = COMMENT + b"\0" * (2 - len(COMMENT) % 2)
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(text)) + text
    body = b"WAVE" + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, polish.RATE_HZ,
                                           polish.RATE_HZ * 2, 2, 16)
    body += b"data" + struct.pack("<I", len(data)) + data
    body += b"LIST" + struct.pack("<I", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def samples_of(data: bytes):
    """The samples of a file that `wav` wrote."""
    size = struct.unpack("<I", data[40:44])[0]
    return numpy.frombuffer(data[HEADER_BYTES : HEADER_BYTES + size], "<i2") / 32768


class Manifest:
    """What is recorded below one folder, and how it was spoken."""

    def __init__(self, out: Path):
        self.out = out
        self.rows = {}
        file = out / "manifest.toml"
        if file.exists():
            rows = tomllib.loads(file.read_text(encoding="utf-8")).get("clip", [])
            self.rows = {row["id"]: row for row in rows}

    def has(self, wanted: dict) -> bool:
        """Whether a clip is there just as it is wanted."""
        row = self.rows.get(wanted["id"], {})
        same = all(row.get(key) == value for key, value in wanted.items())
        return same and row.get("pinyin") == wanted.get("pinyin") and self.path(wanted).exists()

    def path(self, row: dict) -> Path:
        """Where the recording of a row stands."""
        return self.out / row["file"]

    def record(self, wanted: dict, rows: list[dict]):
        """Notes a recording that was just made, for every clip that shares it."""
        data = self.path(wanted).read_bytes()
        samples = samples_of(data)
        found = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "asl_dbov": round(polish.active_level(samples), 2),
            "duration_ms": len(samples) * 1000 // polish.RATE_HZ,
            "synthetic": True,
        }
        for row in rows:
            self.rows[row["id"]] = row | found

    def write(self, order: list[str]):
        """Writes the file: the clips that are recorded, in the order of script and pieces."""
        rows = [self.rows[name] for name in order if name in self.rows]
        text = HEAD + "\n".join(map(entry, rows))
        (self.out / "manifest.toml").write_text(text, encoding="utf-8")

    def summary(self, order: list[str]) -> str:
        """Counts, length and size."""
        files = {row["file"]: row["duration_ms"] for row in self.rows.values()}
        size = sum(self.path(row).stat().st_size for row in
                   {row["file"]: row for row in self.rows.values()}.values())
        seconds = sum(files.values()) / 1000
        return (f"{len(self.rows)} of {len(order)} clips, {len(files)} files, {seconds:.0f} s, "
                f"{size / 1e6:.1f} MB")


def entry(row: dict) -> str:
    """One clip as TOML."""
    keys = ["id", "text", "edge", "pinyin", "file", "sha256", "asl_dbov", "duration_ms",
            "synthetic", "voice", "speed", "stretch"]
    return "\n".join(["[[clip]]", *(f"{key} = {literal(row[key])}" for key in keys if key in row),
                      ""])


def literal(value) -> str:
    """A TOML value."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
