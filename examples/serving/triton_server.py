"""Serves the model folders that folders.ts wrote with Triton Inference Server, as the PyPI package nvidia-pytriton carries it.

    python examples/serving/triton_server.py models/triton --port 8000

Where you can, run NVIDIA's container instead: it has an ONNX Runtime backend of its own, and takes the same folders.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from pytriton.utils.distribution import get_libs_path, get_root_module_path, get_stub_path

HERE = Path(__file__).resolve().parent


def copy_backends(folder):
    """Puts together the backends: Python's, from the package, and ours in place of ONNX Runtime's. Triton refuses links."""
    package = get_root_module_path() / "tritonserver/backends/python"
    python = shutil.copytree(package, folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(get_stub_path(f"{sys.version_info.major}.{sys.version_info.minor}"), python)
    stand_in = shutil.copytree(HERE / "triton_backend", folder / "onnxruntime")
    shutil.copy(HERE / "classifier.py", stand_in)


def environment():
    """What the program and the Python that it starts need to find their libraries and modules."""
    libraries = [str(get_libs_path()), sysconfig.get_config_var("LIBDIR")]
    path = [sysconfig.get_path("scripts"), os.environ["PATH"]]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PATH": os.pathsep.join(path),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="the folder with a folder for each model")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if not options.models.is_dir():
        parser.error(f"models: expected a folder, got {options.models}; write one with folders.ts")
    with tempfile.TemporaryDirectory() as folder:
        copy_backends(Path(folder))
        command = [
            get_root_module_path() / "tritonserver/bin/tritonserver",
            f"--model-repository={options.models.resolve()}",
            f"--backend-directory={folder}",
            "--disable-auto-complete-config",
            "--http-address=127.0.0.1",
            f"--http-port={options.port}",
            "--allow-grpc=false",
            "--allow-metrics=false",
        ]
        server = subprocess.Popen(command, env=environment())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.terminate())
        sys.exit(server.wait())


if __name__ == "__main__":
    main()
