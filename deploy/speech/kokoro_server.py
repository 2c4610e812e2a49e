#!/usr/bin/env python3
"""A speech service over the model of the recorded prompts, in OpenAI's form. See docs/speech.md.

POST /v1/audio/speech {"input": "...", "voice": "zf_xiaobei"} -> a WAV of 24 kHz. This machine only, one
sentence at a time: the line asks for one at a time.
"""

import argparse
import io
import json
import sys
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "prompts"))

import numpy  # noqa: E402
from voice import Voice  # noqa: E402

BODY_BYTES_MAX = 64 * 1024
CHARS_MAX = 200


def wav(samples, rate):
    """Floats as a WAV of 16 bits."""
    pcm = (numpy.clip(samples, -1.0, 1.0) * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    """One request. Nothing of a text is logged."""

    voice = None

    def do_POST(self):  # noqa: N802, the name is that of the library
        """Says a sentence."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/v1/audio/speech" or not 0 < length <= BODY_BYTES_MAX:
            return self.send_error(404 if length else 400)
        try:
            text = json.loads(self.rfile.read(length))["input"]
        except (ValueError, KeyError, TypeError):
            return self.send_error(400)
        if not isinstance(text, str) or not 0 < len(text) <= CHARS_MAX:
            return self.send_error(400)
        try:
            sound = wav(self.voice.speak(text, 1.0), self.voice.RATE_HZ)
        except SystemExit:  # a sign that the voice cannot say
            return self.send_error(422)
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(sound)))
        self.end_headers()
        return self.wfile.write(sound)

    def log_message(self, *_):
        """Silent."""


def main():
    """Listens until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8880)
    args = parser.parse_args()
    Handler.voice = Voice(args.voice_file)
    server = HTTPServer(("127.0.0.1", args.port), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}/v1/audio/speech", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
