"""Tries ray_extract.py: draws pictures, kills workers while they run, and compares the files with those of one process.

    python examples/cluster/prove.py --pictures 2000 --shards 8
    python examples/cluster/prove.py

The second takes ten to twenty minutes. All nodes of the Ray cluster are on this machine. Exits with 1 if anything differs.
"""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import duckdb
import numpy
import psutil
from PIL import Image
from ray.cluster_utils import Cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIDE = 32
CLASSES = 10
MB = 1e6
# The fewest bytes that Ray accepts.
OBJECT_STORE_BYTES = 80 * 2**20
LOOK_EVERY_S = 0.5


def draw(folder, count):
    """Draws different pictures of ten classes, and a list of them."""
    random = numpy.random.default_rng(1)
    rows = ["path,label"]
    for i in range(count):
        label = f"class-{i % CLASSES}"
        name = f"{label}/{i:06}.png"
        (folder / label).mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=numpy.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BILINEAR).save(folder / name)
        rows.append(f"{name},{label}")
    (folder / "pictures.csv").write_text("\n".join(rows) + "\n")
    return folder / "pictures.csv"


class Memory(threading.Thread):
    """Samples the resident memory of the processes that extract to a folder, and of Ray's workers."""

    def __init__(self, out):
        super().__init__(daemon=True)
        self.out, self.samples, self.ended = str(out), {}, threading.Event()
        self.start()

    def run(self):
        begin = time.monotonic()
        while not self.ended.wait(LOOK_EVERY_S):
            for process in psutil.process_iter(["pid", "cmdline", "memory_info"]):
                words = process.info["cmdline"] or []
                kind = self.kind(words)
                if kind is None or process.info["memory_info"] is None:
                    continue
                sample = (time.monotonic() - begin, process.info["memory_info"].rss / MB)
                self.samples.setdefault((kind, process.info["pid"]), []).append(sample)

    def kind(self, words):
        if words and words[0].startswith("ray::extract_shard"):
            return "worker of Ray"
        # taskset and setpriv become the command, and are the same process.
        return "extract" if "--out" in words and self.out in words and "node" in words[0] else None

    def of(self, kind):
        return [samples for (own, _), samples in self.samples.items() if own == kind]

    def end(self):
        self.ended.set()
        self.join()


def quarters(samples):
    """Megabytes at the median and at most in each quarter of a process's time."""
    size = max(1, len(samples) // 4)
    parts = [[mb for _, mb in samples[i * size : (i + 1) * size]] for i in range(4)]
    return ", ".join(f"{statistics.median(part):.0f}/{max(part):.0f}" for part in parts if part)


def alone(command, out):
    memory = Memory(out)
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    memory.end()
    [samples] = memory.of("extract")
    return {"seconds": round(seconds), "MB, median and most, of each quarter": quarters(samples)}


def drafts_in(out):
    return sorted(path.name for path in out.glob(".*.tmp"))


def kill_node(cluster, node):
    """Ends all processes of a node at once, as if its machine had lost power, once it is at work."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    while True:
        family = raylet.children(recursive=True)
        if any("extract" in each.cmdline() and each.create_time() < time.time() - 2 for each in family):
            break
        time.sleep(0.2)
    for each in [raylet, *family]:
        each.kill()
    cluster.remove_node(node, allow_graceful=False)


def on_ray(command, out, workers, kills, shards):
    # Ray lowers the priority of its workers, which on a busy machine would be compared too.
    os.environ.setdefault("RAY_worker_niceness", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": OBJECT_STORE_BYTES})
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES) for _ in range(workers)]
    memory = Memory(out)
    begin = time.monotonic()
    env = {**os.environ, "RAY_ADDRESS": cluster.address}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, env=env)
    told, killed, left = [], 0, 0
    for line in running.stdout:
        told.append(line)
        print(line, end="", flush=True)
        # The first after an eighth of the shards, the second after two eighths.
        if killed < kills and len(told) >= (killed + 1) * shards // 8:
            kill_node(cluster, nodes[killed])
            killed += 1
            left = max(left, len(drafts_in(out)))
            print(f"killed node {killed}; drafts: {len(drafts_in(out))}", flush=True)
    code = running.wait()
    seconds = time.monotonic() - begin
    memory.end()
    cluster.shutdown()
    peaks = [max(mb for _, mb in samples) for samples in memory.of("extract")]
    long = [samples for samples in memory.of("worker of Ray") if len(samples) > 10]
    return {
        "seconds": round(seconds),
        "exit code": code,
        "nodes killed": killed,
        "drafts right after": left,
        "processes that extracted": len(peaks),
        "MB at most, of each": [round(min(peaks)), round(statistics.median(peaks)), round(max(peaks))],
        "workers of Ray, MB, median and most, of each quarter": [quarters(samples) for samples in long],
    }


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def compare(listed, one, many):
    """What DuckDB and the files' hashes say; each should be as it is called."""
    files = f"read_parquet('{many}/*.parquet')"
    list_ = f"read_csv('{listed}', header = true)"
    query = lambda text: duckdb.sql(text).fetchall()[0]
    rows, paths = query(f"select count(*), count(distinct path) from {files}")
    [wanted] = query(f"select count(*) from {list_}")
    [lost] = query(f"select count(*) from {list_} anti join {files} using (path, label)")
    [foreign] = query(f"select count(*) from {files} anti join {list_} using (path, label)")
    [contents] = query(f"select count(distinct sha256) from {files}")
    a, b = hashes(one), hashes(many)
    return {
        "listed": wanted,
        "rows": rows,
        "different paths": paths,
        "different contents": contents,
        "lost": lost,
        "foreign": foreign,
        "drafts": drafts_in(many),
        "files": len(b),
        "files that differ": sorted(name for name in {*a, *b} if a.get(name) != b.get(name)),
    }


def main():
    parser = argparse.ArgumentParser(description="Compares an extraction on Ray, with killed nodes, with one process.")
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kill", type=int, default=2)
    parser.add_argument("--program", default=str(ROOT / "dist/cli.js"))
    args = parser.parse_args()
    options = ["--backbone", "resnet-mini", "--input", str(SIDE)]
    with tempfile.TemporaryDirectory(prefix="resnet-heads-cluster-") as folder:
        work = pathlib.Path(folder)
        listed = draw(work / "pictures", args.pictures)
        one, many = work / "one", work / "many"
        shards = ["--shards", str(args.shards)]
        # Each process that follows finds the program's files in the system's cache.
        subprocess.run([args.program, "--version"], check=True, stdout=subprocess.DEVNULL)
        extract = [args.program, "extract", str(listed), "--out", str(one), *shards, *options]
        results = {
            "processor": f"{psutil.cpu_count()} cores of {processor()}; load {os.getloadavg()[0]:.1f} before",
            **{"pictures": args.pictures, "shards": args.shards, "workers": args.workers},
            "one process": alone(extract, one),
        }
        print(json.dumps(results, indent=2), flush=True)
        ray = [sys.executable, str(pathlib.Path(__file__).with_name("ray_extract.py"))]
        ray += [str(listed), "--out", str(many), *shards, "--program", args.program, "--", *options]
        results["on Ray"] = on_ray(ray, many, args.workers, args.kill, args.shards)
        found = results["compared"] = compare(listed, one, many)
        print(json.dumps(results, indent=2), flush=True)
        is_same = (
            results["on Ray"]["exit code"] == 0
            and results["on Ray"]["nodes killed"] == args.kill
            and found["rows"] == found["different paths"] == found["listed"] == args.pictures
            and found["files"] == args.shards + 1
            and not any(found[each] for each in ("lost", "foreign", "drafts", "files that differ"))
        )
        print("the same files" if is_same else "NOT the same files", flush=True)
        return 0 if is_same else 1


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


if __name__ == "__main__":
    sys.exit(main())
