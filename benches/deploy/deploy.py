#!/usr/bin/env python3
"""What a deploy costs beside its peers: `landing deploy`, `hugo deploy`, `aws s3 sync` and `rclone sync`.

    deploy.py [--landing FILE] [--rounds N]     (`make bench-deploy`)

In: `landing`, moto and hugo of `tests/tools/install`, rclone, the aws command. Two sites, built once: one page with 40 files, and 1,000
pages with 200 files. The peers upload the folder that landing built, so that all send the same files. All speak to the same
moto, each in a bucket of its own, through a relay that counts. Out: for a first deploy, for nothing to do and for one changed line the time (median
of the rounds), the requests and the bytes both ways; ratios to the best peer. A peer lists a thousand objects with one request: only of
many objects is ours the fewest. Ends with an error when a promise is broken: nothing to do takes one request.

Two times: until all is written, and until the command ends. landing's hold its build from a warm cache, as the command does both, manifest
and log, and the reading back of what it wrote; then it purges and asks an edge of its own for everything (whose requests to the store are
not counted, though the same moto answers them). The peers end when all is uploaded.
"""
import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "benches/.work/deploy"
HUGO = ROOT / "tests/.tools/folders/python/hugo/binaries/hugo"
MOTO = ROOT / "tests/.tools/venv/bin/moto_server"
SITES = {"1 page, 40 files": (1, 40), "1,000 pages, 200 files": (1000, 200)}
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
REQUEST = re.compile(rb"(?:GET|PUT|HEAD|POST|DELETE) [^ \r\n]+ HTTP/1\.1\r\n")


class Relay:
    """Passes connections on and counts request lines and bytes."""

    def __init__(self, to):
        self.to, self.requests, self.bytes, self.lock = to, 0, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.to))
            for one, other, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.pump, args=(one, other, counts), daemon=True).start()

    def pump(self, one, other, counts):
        rest = b""
        try:
            while data := one.recv(1 << 16):
                with self.lock:
                    self.bytes += len(data)
                    if counts:
                        rest += data
                        found = list(REQUEST.finditer(rest))
                        self.requests += len(found)
                        # A request line may come in two pieces.
                        rest = rest[max(found[-1].end() if found else 0, len(rest) - 4096):]
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def measured(self, command, **more):
        with self.lock:
            self.requests = self.bytes = 0
        began, written, said = time.monotonic(), None, []
        with tempfile.TemporaryFile("w+") as complaints:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, **more)
            for line in child.stdout:
                said.append(line)
                if written is None and '"event":"phase"' in line and '"name":"purge"' in line:
                    written = time.monotonic() - began
            failed = child.wait() != 0
            took = time.monotonic() - began
            if failed:
                complaints.seek(0)
                sys.exit(f"{' '.join(map(str, command))}:\n{''.join(said)[-2000:]}{complaints.read()[-2000:]}")
        with self.lock:
            return written or took, took, self.requests, self.bytes


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def moto(port):
    child = subprocess.Popen([MOTO, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return child
        except OSError:
            time.sleep(0.1)
    sys.exit("moto does not listen")


def bucket(port, name):
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{name}", method="PUT"))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def site(folder, pages, files, port, direct, edge, store):
    """A project whose pages link files to download."""
    shutil.rmtree(folder, ignore_errors=True)
    write(folder / "site/landing.toml", f'''[site]
name = "Bench"
lang = "en"
url = "https://www.bench.example"
[env.bench]
url = "http://127.0.0.1:{edge}"
store = "s3://{store}"
endpoint = "http://127.0.0.1:{port}"
region = "us-east-1"
[[env.bench.cdn]]
provider = "edge"
[env.direct]
url = "http://127.0.0.1:{edge}"
store = "s3://{store}"
endpoint = "http://127.0.0.1:{direct}"
region = "us-east-1"
''')
    for picture in ("icon.svg", "logo.svg"):
        write(folder / "assets" / picture, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>')
    for number in range(files):
        write(folder / f"assets/file-{number}.txt", f"file {number}\n" * 400)
    for number in range(pages):
        name = "index" if number == 0 else f"page-{number}"
        links = range(files) if pages == 1 else {number % files, (number * 7) % files}
        linked = "\n".join(f"- [File {it}](/assets/file-{it}.txt)" for it in links)
        write(folder / f"site/{name}.md", f"+++\ntitle = \"Page {number}\"\ndescription = \"One of many, number {number}\"\n+++\n\n# Page {number}\n\nA word or two.\n\n{linked}\n")


def peers(out, relay, name):
    """Each peer's command for the folder, by its name."""
    endpoint = f"http://127.0.0.1:{relay.port}"
    hugo = WORK / f"hugo-{name}"
    write(hugo / "hugo.toml", f'''baseURL = "https://www.bench.example/"
publishDir = "{out}"
[deployment]
[[deployment.targets]]
name = "bench"
URL = "s3://hugo-{name}?endpoint={endpoint}&s3ForcePathStyle=true&region=us-east-1"
''')
    remote = [f"--s3-endpoint={endpoint}", "--s3-provider=Other", "--s3-env-auth", "--s3-force-path-style", "--config=/dev/null"]
    return {
        "hugo deploy": ([HUGO, "deploy", "--target", "bench", "--maxDeletes", "-1"], hugo),
        "aws s3 sync": (["aws", "--endpoint-url", endpoint, "s3", "sync", "--delete", "--only-show-errors", str(out), f"s3://aws-{name}"], out),
        "rclone sync": (["rclone", "sync", *remote, "--checksum", str(out), f":s3:rclone-{name}"], out),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--landing", type=Path, default=ROOT / "target/release/landing")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for tool, found in (("landing", asked.landing.exists()), ("hugo", HUGO.exists()), ("moto", MOTO.exists()),
                        ("rclone", shutil.which("rclone")), ("aws", shutil.which("aws"))):
        if not found:
            sys.exit(f"{tool} is not there: `make bench-deploy` installs or builds it")
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | KEYS
    broken = []
    for title, (pages, files) in SITES.items():
        results = {}
        for turn in range(asked.rounds):
            port = free_port()
            server, front = moto(port), None
            try:
                relay, name = Relay(port), f"{pages}"
                project, store = WORK / f"site-{pages}", f"landing-{name}"
                edge = free_port()
                site(project, pages, files, relay.port, port, edge, store)
                landing = [asked.landing, "deploy", "bench", "--no-serve", "--json"]
                out = project / "dist"
                for each in (store, f"hugo-{name}", f"aws-{name}", f"rclone-{name}"):
                    bucket(port, each)
                front = subprocess.Popen([asked.landing, "edge", "direct"], cwd=project, env=env,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                # The build's cache is warm, as on any machine that previews what it deploys.
                subprocess.run([asked.landing, "build"], cwd=project, env=env, check=True, capture_output=True)
                tools = {"landing deploy": (landing, project)} | peers(out, relay, name)
                for step in ("first", "nothing", "one line"):
                    if step == "one line":
                        page = project / "site/index.md"
                        page.write_text(page.read_text().replace("A word or two.", "Another word."))
                        subprocess.run([asked.landing, "build"], cwd=project, env=env, check=True, capture_output=True)
                    for tool, (command, cwd) in tools.items():
                        results.setdefault(step, {}).setdefault(tool, []).append(relay.measured(command, cwd=cwd, env=env))
            finally:
                for child in (front, server):
                    if child:
                        child.kill()
                        child.wait()
        print(f"{title}: seconds until all is written and until the end (median of {asked.rounds}), requests, kB both ways")
        for step, tools in results.items():
            rows = {tool: [statistics.median(column) for column in zip(*runs)] for tool, runs in tools.items()}
            # The fastest peer: all of its time is uploading.
            others = {tool: row for tool, row in rows.items() if tool != "landing deploy"}
            ours, fastest = rows["landing deploy"], min(row[0] for row in others.values())
            fewest = min(row[2] for row in others.values())
            for tool, (written, took, requests, sent) in rows.items():
                print(f"  {step:9} {tool:15} {written:7.2f} {took:7.2f} {requests:6.0f} {sent / 1000:9.1f}")
            written, took, requests = ours[0] / fastest, ours[1] / fastest, ours[2] / max(fewest, 1)
            print(f"  {step:9} ratio to the best peer: written {written:.2f}, proven {took:.2f}, requests {requests:.2f}")
            if step == "nothing" and ours[2] > 1:
                broken.append(f"{title}, nothing to do: {ours[2]:.0f} requests")
    if broken:
        sys.exit("promises broken:\n" + "\n".join(broken))


if __name__ == "__main__":
    main()
