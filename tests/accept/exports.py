#!/usr/bin/env python3
"""Exports of records, read back by others: Parquet and JSON Lines by DuckDB, objects by an S3-compatible server (moto).

    tests/accept/exports.py [--binary target/release/gatewright] [--calls 400]

What it is checked with is installed at pinned versions (tests/clients/envs/exports.txt) into the work folder. Calls go to the gateway's own emulator;
what the admin API lists of them must be in every file, to the nano-dollar. It ends with 'exports: N passed, N failed'.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/clients"))

from harness import install  # noqa: E402

MASTER = "gw-" + "masterExports" * 3 + "mast"
BUCKET = "call-records"
# Above the size from which objects are sent in parts.
LARGE = 9 << 20
# What is no JSON must not end a query of those that are.
METADATA = ['{"ticket": 7}', "{not json", '"a text"']
TEXTS = ["plain", "=SUM(A1:A9)", "comma, \"quote\"\nline", "\u00e4\u00f6\u00fc \u6f22\u5b57 \U0001f600", "\u0000 zero", "{\"json\": [1, 2]}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/gatewright")
    parser.add_argument("--work", type=Path, default=ROOT / "target/clients")
    parser.add_argument("--calls", type=int, default=400)
    arguments = parser.parse_args()
    install.ensure(["exports"], arguments.work.resolve())
    environment = arguments.work.resolve() / "exports/venv"
    if Path(sys.prefix).resolve() != environment:
        python = environment / "bin/python"
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run(arguments, Path(folder)))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Gateway:
    """A gateway with the emulator as provider, and an S3-compatible server beside it."""

    def __init__(self, binary, folder):
        self.url, self.s3 = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        self.folder = folder
        config = folder / "gatewright.yaml"
        config.write_text(
            "records: { logging: full }\n"
            f"exports:\n  s3: {{ bucket: {BUCKET}, prefix: gw/, endpoint: \"{self.s3}\", access_key_id: key, secret_access_key: secret }}\n"
        )
        environment = {**os.environ, "GATEWRIGHT_MASTER_KEY": MASTER, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        port = self.s3.rsplit(":", 1)[1]
        log = (folder / "log").open("w")
        self.processes = [
            subprocess.Popen([Path(sys.executable).parent / "moto_server", "-p", port], stdout=log, stderr=log, env=environment),
            subprocess.Popen(
                [binary, "serve", "--demo", "--config", config, "--data-dir", folder / "data", "--listen", self.url[7:]],
                stdout=log, stderr=log, env=environment,
            ),
        ]
        self.await_up(self.url + "/readyz")
        self.await_up(self.s3)
        self.bucket("PUT", "")

    def bucket(self, method, path):
        """Asks the server itself, which looks whether there is a signature and not what it is."""
        request = urllib.request.Request(f"{self.s3}/{BUCKET}{path}", method=method)
        request.add_header("authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def await_up(self, url):
        for _ in range(300):
            try:
                return urllib.request.urlopen(url, timeout=5)
            except (OSError, urllib.error.HTTPError) as error:
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    return None
                time.sleep(0.1)
        raise SystemExit(f"{url} does not answer:\n" + (self.folder / "log").read_text())

    def ask(self, method, path, body=None, headers=()):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("authorization", f"Bearer {MASTER}")
        request.add_header("content-type", "application/json")
        for name, value in headers:
            request.add_header(name, value)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def call(self, number):
        # Texts that do not compress, so that files become large.
        noise = random.Random(number).randbytes(12_000).hex()
        body = {"model": "demo/chat", "max_tokens": 64, "stream": number % 3 == 0,
                "messages": [{"role": "user", "content": f"{TEXTS[number % len(TEXTS)]} {noise}"}]}
        if number % 7 == 0:
            body["model"] = "demo/fault-500" if number % 2 else "demo/no such model"
        try:
            self.ask("POST", "/v1/chat/completions", body, [("x-gatewright-metadata", METADATA[number % len(METADATA)])])
        except urllib.error.HTTPError as error:
            error.read()

    def rows(self):
        found, cursor = [], ""
        while True:
            page = json.loads(self.ask("GET", f"/api/v1/logs?limit=1000{cursor}"))
            found += page["data"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def export(self, **wanted):
        export = json.loads(self.ask("POST", "/api/v1/exports", wanted))
        path = f"/api/v1/exports/{export['id']}"
        for _ in range(600):
            export = json.loads(self.ask("GET", path))
            if export["state"] not in ("waiting", "running"):
                break
            time.sleep(0.1)
        if export["state"] != "done":
            raise AssertionError(f"an export is {export['state']}: {export['error']}")
        if wanted["to"] == "s3":
            data = self.bucket("GET", f"/gw/{export['name']}")
        else:
            data = self.ask("GET", path + "/download")
        assert len(data) == export["bytes"], f"{len(data)} bytes came of {export['bytes']}"
        file = self.folder / f"{wanted['to']}-{wanted['with_bodies']}.{wanted['format']}"
        file.write_bytes(data)
        return file, export

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=60)


def read_back(file, rows, with_bodies):
    """What DuckDB reads is what the API lists."""
    import duckdb

    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    is_parquet = file.suffix == ".parquet"
    source = f"'{file}'" if is_parquet else f"read_json('{file}', format = 'newline_delimited', maximum_object_size = 33554432, sample_size = -1)"
    count, cost, tokens = db.execute(
        f"SELECT COUNT(*), SUM(CAST(cost_usd AS DECIMAL(18, 9))), SUM(input_tokens) FROM {source}"
    ).fetchone()
    assert count == len(rows), f"{count} rows of {len(rows)}"
    listed = sum(Decimal(row["cost_usd"]) for row in rows)
    assert cost == listed and listed > 0, f"{cost} USD of {listed}"
    assert tokens == sum(row["input_tokens"] for row in rows)
    ids = {str(one[0]) for one in db.execute(f"SELECT request_id FROM {source}").fetchall()}
    assert ids == {row["request_id"] for row in rows}
    outcomes = dict(db.execute(f"SELECT outcome, COUNT(*) FROM {source} GROUP BY outcome").fetchall())
    assert set(outcomes) == {row["outcome"] for row in rows} and len(outcomes) > 1, outcomes
    if is_parquet:
        types = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        for name, kind in {"cost_usd": "DECIMAL(18,9)", "time": "TIMESTAMP WITH TIME ZONE", "stream": "BOOLEAN", "status": "INTEGER"}.items():
            assert types[name] == kind or (name == "status" and "INT" in types[name]), f"{name} is {types[name]}"
        assert ("request_body" in types) == with_bodies, types
        found = dict(db.execute(f"SELECT CAST(metadata::JSON AS VARCHAR), COUNT(*) FROM {source} GROUP BY 1").fetchall())
        wanted = {}
        for row in rows:
            text = None if row["metadata"] is None else json.dumps(row["metadata"], separators=(",", ":"))
            wanted[text] = wanted.get(text, 0) + 1
        assert {text and text.replace(" ", ""): count for text, count in found.items()} == {
            text and text.replace(" ", ""): count for text, count in wanted.items()}, f"{found} of {wanted}"
        assert None in found and len(found) == 3, found
        later(db, source, rows)
    if with_bodies:
        column = "request_body" if is_parquet else "CAST(request_body AS VARCHAR)"
        texts = [one[0] for one in db.execute(f"SELECT {column} FROM {source} WHERE outcome = 'success'").fetchall()]
        assert texts and all("messages" in (text or "") for text in texts), "bodies are there"
    return f"{count} records, {cost} USD, {file.stat().st_size} bytes"


def later(db, source, rows):
    """Columns that came later are what the API lists, too."""
    columns = "request_id, endpoint, queue_us, connect_us, guardrails, client_ip, tag_ids, dropped_parameters, tokens_per_second, media"
    listed = {row["request_id"]: row for row in rows}
    rates = 0
    for found in db.execute(f"SELECT {columns} FROM {source}").fetchall():
        row = listed[found[0]]
        rates += row["tokens_per_second"] is not None
        as_decimal = lambda value: None if value is None else Decimal(str(value))  # noqa: E731
        as_json = lambda text: None if text is None else json.loads(text)  # noqa: E731
        thousandth = lambda value: None if value is None else value / 1000  # noqa: E731
        assert found[1] == row["endpoint"] and found[5] == row["client_ip"], found
        assert thousandth(found[2]) == row["queue_ms"] and thousandth(found[3]) == row["connect_ms"], found
        for at, name in ((4, "guardrails"), (6, "tag_ids"), (7, "dropped_parameters"), (9, "media")):
            assert as_json(found[at]) == row[name], f"{name}: {found[at]} of {row[name]}"
        assert found[8] == as_decimal(row["tokens_per_second"]), f"{found[8]} of {row['tokens_per_second']}"
    assert rates > 0, "some have a rate"


def run(arguments, folder):
    gateway = Gateway(arguments.binary.resolve(), folder)
    failed = passed = 0
    try:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(gateway.call, range(arguments.calls)))
        deadline = time.time() + 30
        while len(rows := gateway.rows()) < arguments.calls and time.time() < deadline:
            time.sleep(0.2)
        assert len(rows) == arguments.calls, f"{len(rows)} records of {arguments.calls} calls"
        time.sleep(3)  # bodies are kept after their records
        for to in ("directory", "s3"):
            for kind in ("parquet", "jsonl"):
                for with_bodies in (False, True):
                    name = f"{kind} to {to}{' with bodies' if with_bodies else ''}"
                    try:
                        file, export = gateway.export(format=kind, to=to, with_bodies=with_bodies)
                        told = read_back(file, rows, with_bodies)
                        if with_bodies and kind == "jsonl":
                            assert export["bytes"] > LARGE, "it is large enough to be sent in parts"
                        print(f"ok    {name}: {told}", flush=True)
                        passed += 1
                    except Exception as error:  # noqa: BLE001: every part is told of
                        print(f"FAIL  {name}: {error}", flush=True)
                        failed += 1
        left = gateway.bucket("GET", "?uploads")
        if b"<Upload>" in left:
            print(f"FAIL  parts are left: {left.decode()}")
            failed += 1
        else:
            print("ok    no parts are left in the bucket")
            passed += 1
    finally:
        gateway.close()
    print(f"exports: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    main()
