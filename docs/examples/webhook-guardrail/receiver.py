#!/usr/bin/env python3
"""A guardrail of your own behind a web hook: wants the name of a project left out wherever it stands.

    GUARDRAIL_SECRET=... python3 receiver.py --port 8099

Nothing but Python's standard library. A question is answered only if its signature is right and it is not old
(https://www.standardwebhooks.com); see docs/guides/guardrails.md for what questions and answers look like.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = re.compile(r"project\s+falcon", re.IGNORECASE)
# Older questions, and those from the future, are somebody's who wrote an earlier one down.
TOLERANCE_SECONDS = 300
# A question has at most `max_text_bytes` of text (262144 unless it is said), escapes and the rest besides.
MAX_BODY_BYTES = 4 << 20
# More findings are no verdict.
MAX_FINDINGS = 1000


def key_of(secret: str) -> bytes:
    """The bytes that questions are signed with: what stands behind `whsec_` in base64, or the secret as it is."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()


def is_signed(key: bytes, headers, body: bytes, now: float) -> bool:
    """Has whoever knows the secret sent this, just now?"""
    identity, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sent.isdecimal() and len(sent) < 16) or abs(now - int(sent)) > TOLERANCE_SECONDS:
        return False
    signed = f"{identity}.{sent}.".encode() + body
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # There may be several, of several secrets, with blanks between them.
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(f"v1,{right}".encode(), one.encode()) for one in given)


def judge(question: dict) -> dict:
    """The verdict about the texts of a question. Places are counted in characters, as Python counts them."""
    findings = [
        {"text": text["index"], "start": found.start(), "end": found.end(), "kind": "code_name"}
        for text in question["texts"]
        for found in NAME.finditer(text["text"])
    ]
    if len(findings) > MAX_FINDINGS:
        # Without a place, a finding is about all of its text.
        texts = sorted({finding["text"] for finding in findings})
        findings = [{"text": text, "kind": "code_name"} for text in texts]
    if len(findings) > MAX_FINDINGS:
        return {"verdict": "block", "findings": findings[:1]}
    return {"verdict": "replace" if findings else "allow", "findings": findings}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Whoever sends nothing for so long is not waited for.
    timeout = 60
    # Head and body of an answer go out together, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not (length.isdecimal() and len(length) < 16) or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return self.answer(413, {"error": f"a question has a content-length of at most {MAX_BODY_BYTES}"})
        body = self.rfile.read(int(length))
        if not is_signed(self.server.key, self.headers, body, time.time()):
            return self.answer(401, {"error": "the signature is not right, or the question is old"})
        try:
            verdict = judge(json.loads(body))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return self.answer(400, {"error": f"this is no question: {type(error).__name__}"})
        return self.answer(200, verdict)

    def answer(self, status: int, content: dict):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Questions are nobody's business."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8099, help="0: any that is free")
    arguments = parser.parse_args()
    secret = os.environ.get("GUARDRAIL_SECRET", "")
    if len(secret) < 16:
        sys.exit("GUARDRAIL_SECRET must be the guardrail's 'secret', at least 16 characters")
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver)
    server.key = key_of(secret)
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
