#!/usr/bin/env python3
"""Speaks the prompts that are missing and writes the manifest. See README.md."""

import argparse
import hashlib
import json
import os
import struct
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy

import polish
from clips import all_clips, first_with_same_sound
from voice import NAME, RATE_HZ, Voice

COMMENT = b"synthetic speech"
HEADER_BYTES = 44
# Words alone come out slower than inside a sentence; this brings them to the sentences' pace.
PACE = {"digit": 1.15, "number": 1.25, "word": 1.15}
ATTEMPTS = 6  # each a little slower, while a lone syllable comes out broken
voice = None


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


def begin(voice_file):
    """Loads the voice once per process."""
    global voice
    os.nice(10)
    voice = Voice(voice_file)


def say(clip, target: Path, speed):
    """Speaks one clip into its file."""
    for attempt in range(ATTEMPTS):
        spoken = voice.speak(clip.speak, speed * (1 - 0.04 * attempt))
        samples = polish.polish(spoken, RATE_HZ)
        if not polish.has_stray_start(samples):
            break
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(wav(samples))
    return clip.id


def samples_of(data: bytes):
    """The samples of a file that `wav` wrote."""
    size = struct.unpack("<I", data[40:44])[0]
    return numpy.frombuffer(data[HEADER_BYTES : HEADER_BYTES + size], "<i2") / 32768


def row(clip, owner, out: Path, pinyin: str, measured: dict) -> str:
    """One entry of the manifest; empty when the file does not exist yet."""
    file = f"{owner.folder}/{owner.id}.wav"
    if not (out / file).exists():
        return ""
    if file not in measured:
        data = (out / file).read_bytes()
        samples = samples_of(data)
        measured[file] = (hashlib.sha256(data).hexdigest(), polish.active_level(samples),
                          len(samples) * 1000 // polish.RATE_HZ)
    digest, level, length = measured[file]
    lines = ["[[clip]]", f'id = "{clip.id}"', f'text = "{clip.text}"']
    lines += [f'pinyin = "{pinyin}"'] if pinyin else []
    lines += [f'file = "{file}"', f'sha256 = "{digest}"', f"asl_dbov = {level:.2f}",
              f"duration_ms = {length}", "synthetic = true", f'voice = "{NAME}"']
    return "\n".join(lines) + "\n"


def write_manifest(out: Path, clips, owners, reader: Voice):
    """Writes manifest.toml from the files that are there."""
    measured = {}
    rows = [row(c, owners[c.id], out, reader.overridden(c.speak), measured) for c in clips]
    head = "# Made by deploy/prompts/make_prompts.py; do not edit by hand.\n\n"
    (out / "manifest.toml").write_text(head + "\n".join(r for r in rows if r), encoding="utf-8")
    seconds = sum(m[2] for m in measured.values()) / 1000
    print(f"{sum(map(bool, rows))} of {len(clips)} clips, {len(measured)} files, {seconds:.0f} s")


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice-file", type=Path, required=True, help="voices/zf_xiaobei.bin")
    parser.add_argument("--out", type=Path, default=Path("prompts/zh-CN"))
    parser.add_argument("--only", default="", help="folders, comma separated; all when empty")
    parser.add_argument("--again", default="", help="clip ids that are spoken anew")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--readings", action="store_true", help="print the pinyin and stop")
    args = parser.parse_args()
    clips = all_clips(args.out)
    owners = first_with_same_sound(clips)
    if args.readings:
        reader = Voice(args.voice_file)
        for clip in dict.fromkeys(owners.values()):
            print(json.dumps([clip.id, clip.speak, " ".join(reader.reading(clip.speak))],
                             ensure_ascii=False))
        return
    wanted = set(filter(None, args.only.split(",")))
    again = set(filter(None, args.again.split(",")))
    jobs = []
    for clip in dict.fromkeys(owners.values()):
        target = args.out / clip.folder / f"{clip.id}.wav"
        if (not wanted or clip.folder in wanted) and (clip.id in again or not target.exists()):
            jobs.append((clip, target, args.speed * PACE.get(clip.folder, 1.0)))
    with ProcessPoolExecutor(args.workers, initializer=begin, initargs=(args.voice_file,)) as pool:
        for number, name in enumerate(pool.map(say, *zip(*jobs)) if jobs else [], 1):
            print(f"{number}/{len(jobs)} {name}", flush=True)
    write_manifest(args.out, clips, owners, Voice(args.voice_file))


if __name__ == "__main__":
    main()
