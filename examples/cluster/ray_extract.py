"""Computes the features of pictures on a Ray cluster: one `resnet-heads extract --shard i/n` per shard.

    python examples/cluster/ray_extract.py photos.csv --out features --shards 64 -- --backbone keras/resnet50

Options after `--` are passed to the command, which runs in this folder on each node: a folder that all share. The exit code is
that of `resnet-heads extract --check`, 2 for wrong arguments, and 130 after Ctrl-C.
"""

import argparse
import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile

import ray

# The exit codes of resnet-heads for wrong arguments and for a bug: neither gets better by trying again.
USAGE, FAULT = 2, 3
INTERRUPTED = 130


class Failed(Exception):
    """A shard that may succeed when it is tried again: a full disk, a lost host, too little memory, a signal."""


class Refused(Exception):
    """A shard that fails each time."""


def take_cores(count):
    """Chooses cores for a task that no other task on this machine has, as long as there are enough.

    Returns the file whose lock holds the place, and the cores. The lock ends with the file or the process.
    """
    cores = sorted(os.sched_getaffinity(0))
    for place in itertools.count():
        lock = open(f"{tempfile.gettempdir()}/resnet-heads-{os.getuid()}-{place}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        first = place * count
        return lock, sorted({cores[(first + i) % len(cores)] for i in range(count)})


def extract_shard(command, folder, cpus):
    """Runs the command to its end and returns what it printed about the shard."""
    lock, cores = take_cores(cpus)
    with lock:
        # The command uses as many threads as it has cores. If Ray's worker is killed, it is interrupted, as by Ctrl-C.
        limits = ["taskset", "-c", ",".join(map(str, cores)), "setpriv", "--pdeathsig", "INT"]
        done = subprocess.run([*limits, *command], cwd=folder, capture_output=True, text=True)
    if done.returncode == 0:
        return next(line for line in done.stdout.splitlines() if line.startswith("shard "))
    said = (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]
    error = Refused if done.returncode in (USAGE, FAULT) else Failed
    raise error(done.returncode, said)


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Computes the features of pictures on a Ray cluster.",
        epilog="Options after -- are passed to resnet-heads extract.",
    )
    parser.add_argument("pictures", help="a folder of pictures, or a .csv file")
    parser.add_argument("--out", required=True, help="folder to write the features to")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    parser.add_argument("--cpus", type=int, default=1, help="CPU cores per shard (default: 1)")
    parser.add_argument("--retries", type=int, default=5, help="times to retry a shard (default: 5)")
    parser.add_argument("--program", default="node_modules/.bin/resnet-heads", help="the command (default: %(default)s)")
    own, options = sys.argv[1:], []
    if "--" in own:
        split = own.index("--")
        own, options = own[:split], own[split + 1 :]
    return parser.parse_args(own), options


def main():
    args, options = read_arguments()
    if shutil.which(args.program) is None:
        print(f"--program: expected a command, got {args.program}; run npm install resnet-heads here", file=sys.stderr)
        return USAGE
    # Those of shards that are given up, because another has wrong arguments.
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
    # A cluster that `ray start` or RAY_ADDRESS names; without one, this machine.
    ray.init(log_to_driver=False)
    task = ray.remote(extract_shard).options(
        num_cpus=args.cpus, max_retries=args.retries, retry_exceptions=[Failed]
    )
    waiting = {}
    for index in range(args.shards):
        shard = f"{index}/{args.shards}"
        command = [args.program, "extract", args.pictures, "--out", args.out, "--shard", shard, *options]
        waiting[task.remote(command, os.getcwd(), args.cpus)] = index
    done = 0
    while waiting:
        [ready], _ = ray.wait(list(waiting))
        index = waiting.pop(ready)
        try:
            line = ray.get(ready)
        except ray.exceptions.RayTaskError as error:
            code, said = error.cause.args if isinstance(error.cause, (Failed, Refused)) else (None, error.cause)
            print(f"shard {index}: exit code {code}: {said}", file=sys.stderr, flush=True)
            if code == USAGE:
                # The other shards have the same arguments.
                return USAGE
        except ray.exceptions.RayError as error:
            print(f"shard {index}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        else:
            done += 1
            print(f"{done} of {args.shards} shards; {line}", flush=True)
    return subprocess.run([args.program, "extract", "--check", args.out]).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; complete shards are kept: the same command continues from there", file=sys.stderr)
        sys.exit(INTERRUPTED)
