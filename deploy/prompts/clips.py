"""What must be recorded: the clips of script.toml and pieces.toml, cut as the gateway cuts them."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

EDGES = "，。、；：？！"
FOLDERS = {
    "G": "opening", "B": "opening", "A": "opening", "Q": "queue", "M": "message", "L": "lookup",
    "ST": "lookup", "DL": "lookup", "X": "control", "W": "conference", "V": "survey",
    "C": "survey", "D": "listening", "R": "radio", "E": "evaluation", "N": "notice",
    "K": "village",
}


@dataclass(frozen=True)
class Clip:
    """One recording: its id, its text, and the text with the edge that gives it its intonation."""

    id: str
    text: str
    speak: str
    folder: str


def fragments(text):
    """The slot-free stretches of a prompt, each with the punctuation that follows it."""
    parts = re.split(r"\{[^}]*\}|\|", text)
    ends = re.findall(r"\{[^}]*\}|\|", text)
    found = []
    for i, part in enumerate(parts):
        core = part.strip(EDGES)
        if core:
            tail = part[len(part.rstrip(EDGES)):] or ("，" if i < len(ends) else "。")
            found.append((core, core + tail[0]))
    return found


def of_prompt(prompt):
    """The clips of one prompt of the script."""
    pieces = fragments(prompt["text"])
    folder = FOLDERS[re.match(r"[A-Z]+", prompt["id"])[0]]
    whole = len(pieces) == 1
    for number, (core, speak) in enumerate(pieces, 1):
        name = prompt["id"] if whole else f"{prompt['id']}.{number}"
        yield Clip(name, core, speak, folder)


def of_pieces(pieces):
    """The clips of pieces.toml; digits are recorded inside (.m) and at the end (.f) of a run."""
    for name, text in pieces["digit"].items():
        yield Clip(name + ".m", text, text + "，", "digit")
        yield Clip(name + ".f", text, text + "。", "digit")
    for group in ("number", "word"):
        for name, text in pieces[group].items():
            yield Clip(name, text, text + "，", group)


def all_clips(folder: Path):
    """Every clip in the order of the two files."""
    script = tomllib.loads((folder / "script.toml").read_text(encoding="utf-8"))
    pieces = tomllib.loads((folder / "pieces.toml").read_text(encoding="utf-8"))
    clips = [clip for prompt in script["prompt"] for clip in of_prompt(prompt)]
    return clips + list(of_pieces(pieces))


def first_with_same_sound(clips):
    """Maps each clip's id to the clip whose file it shares: the same words are recorded once."""
    seen, owner = {}, {}
    for clip in clips:
        owner[clip.id] = seen.setdefault(clip.speak, clip)
    return owner
