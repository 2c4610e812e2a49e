#!/usr/bin/env python3
"""Speaks the prompts that are missing or no longer as wanted, and writes the manifest. See README.md."""

import argparse
import json
from pathlib import Path

import polish
from clips import all_clips, first_with_same_sound
from manifest import Manifest, wav

# Words alone come out slower than inside a sentence; this brings them to the sentences' pace.
SPEEDS = {"digit": 1.15, "number": 1.25, "word": 1.15}
# How much longer everything is made afterwards: sentences then run at about 185 characters a minute.
# The voice itself is not slowed, because it then begins sentences with a vowel that is not there.
STRETCH = 1.33
# Digits stay brisk, they are understood best so; the pauses of pieces.toml make a number calm.
STRETCHES = {"digit": 1.0}
ATTEMPTS = 6  # each a little slower, while a lone syllable comes out broken
WRITE_EVERY = 20  # clips after which the manifest is written: what an interrupted run keeps


def engine(args):
    """The voice that was asked for."""
    if args.engine == "espeak":
        from espeak import Voice
        return Voice()
    if not args.voice_file:
        raise SystemExit("--voice-file voices/zf_xiaobei.bin is needed")
    from voice import Voice
    return Voice(args.voice_file)


def wanted(clip, owner, voice) -> dict:
    """A clip as its row of the manifest should be."""
    row = {"id": clip.id, "text": clip.text, "edge": clip.speak[-1],
           "file": f"{owner.folder}/{owner.id}.wav", "voice": voice.NAME,
           "speed": SPEEDS.get(owner.folder, 1.0),
           "stretch": STRETCHES.get(owner.folder, STRETCH)}
    pinyin = voice.overridden(clip.speak)
    return row | {"pinyin": pinyin} if pinyin else row


def say(voice, clip, target: Path, row):
    """Speaks one clip into its file."""
    for attempt in range(ATTEMPTS):
        spoken = voice.speak(clip.speak, row["speed"] * (1 - 0.04 * attempt))
        samples = polish.polish(spoken, voice.RATE_HZ, row["stretch"])
        if not polish.has_stray_start(samples):
            break
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(wav(samples))


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["kokoro", "espeak"], default="kokoro")
    parser.add_argument("--voice-file", type=Path, help="voices/zf_xiaobei.bin, for kokoro")
    parser.add_argument("--script", type=Path, default=Path("prompts/zh-CN"),
                        help="folder of script.toml and pieces.toml")
    parser.add_argument("--out", type=Path, help="where to write; the script's folder if not given")
    parser.add_argument("--only", default="", help="folders or clip ids, comma separated")
    parser.add_argument("--again", default="", help="folders or clip ids that are spoken anew")
    parser.add_argument("--readings", action="store_true", help="print the pinyin and stop")
    return parser.parse_args()


def main():
    """Says what is to be said."""
    args = arguments()
    args.out = args.out or args.script
    clips = all_clips(args.script)
    order = [clip.id for clip in clips]
    owners = first_with_same_sound(clips)
    voice = engine(args)
    if args.readings:
        for clip in dict.fromkeys(owners.values()):
            print(json.dumps([clip.id, clip.speak, voice.reading(clip.speak)], ensure_ascii=False))
        return
    only, again = set(filter(None, args.only.split(","))), set(args.again.split(","))
    manifest = Manifest(args.out)
    manifest.rows = {name: row for name, row in manifest.rows.items() if name in owners}
    shared = {}
    for clip in clips:
        owner = owners[clip.id]
        shared.setdefault(owner.id, []).append(wanted(clip, owner, voice))
    jobs = []
    for clip in dict.fromkeys(owners.values()):
        names = {clip.folder, clip.id}
        due = again & names or not all(map(manifest.has, shared[clip.id]))
        if due and (not only or only & names):
            jobs.append(clip)
    for number, clip in enumerate(jobs, 1):
        row = shared[clip.id][0]
        say(voice, clip, manifest.path(row), row)
        manifest.record(row, shared[clip.id])
        if number % WRITE_EVERY == 0:
            manifest.write(order)
        print(f"{number}/{len(jobs)} {clip.id}", flush=True)
    manifest.write(order)
    print(manifest.summary(order))


if __name__ == "__main__":
    main()
