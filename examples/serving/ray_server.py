"""Serves a classifier's ONNX file with Ray Serve, over the Open Inference Protocol.

    python examples/serving/ray_server.py flowers.onnx --name flowers --port 8000
"""

import argparse
import asyncio
import os
import signal
import threading

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import numpy
import ray
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from ray import serve

from classifier import Classifier
from protocol import BadRequest, configure, describe, read_pixels, write_scores

# Requests that a replica holds; more wait in the proxy. Must exceed the largest batch.
HELD = 128

api = FastAPI()


@api.exception_handler(BadRequest)
async def refuse(_, error):
    return JSONResponse({"error": str(error)}, status_code=400)


@serve.deployment(max_ongoing_requests=HELD)
@serve.ingress(api)
class Server:
    def __init__(self, file, name, max_batch, wait_ms):
        self.classifier = Classifier(file)
        self.name = name
        self.run.set_max_batch_size(max_batch)
        self.run.set_batch_wait_timeout_s(wait_ms / 1000)

    @serve.batch
    async def run(self, pixels):
        """Takes the pixels of several requests, and gives the scores of each."""
        # On another thread, so that requests are read meanwhile.
        scores = await asyncio.to_thread(self.classifier.run, numpy.concatenate(pixels))
        ends = numpy.cumsum([len(each) for each in pixels])
        return numpy.split(scores, ends[:-1])

    def require(self, name):
        if name != self.name:
            raise BadRequest(f"model: expected {self.name}, got {name}")

    @api.get("/v2/health/ready")
    async def ready(self):
        return {"ready": True}

    @api.get("/v2/models/{name}")
    async def describe(self, name: str):
        self.require(name)
        return describe(name, self.classifier)

    @api.get("/v2/models/{name}/config")
    async def configure(self, name: str):
        self.require(name)
        return configure(name, self.classifier)

    @api.post("/v2/models/{name}/infer")
    async def infer(self, name: str, request: Request):
        self.require(name)
        pixels = read_pixels(await request.body(), request.headers, self.classifier)
        headers, content = write_scores(name, self.classifier, await self.run(pixels))
        return Response(content, headers=headers, media_type="application/octet-stream")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="an ONNX file with pixels as input")
    parser.add_argument("--name", default="classifier", help="name of the model in the address")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--max-batch", type=int, default=16, help="most requests per call; 1 turns batching off")
    parser.add_argument("--wait-ms", type=float, default=5, help="most milliseconds that a request waits for others")
    parser.add_argument("--address", default="local", help="of a running Ray cluster; local starts one")
    options = parser.parse_args()
    # Workers import these files from here, too.
    here = os.path.dirname(os.path.abspath(__file__))
    own = {"include_dashboard": False} if options.address == "local" else {}
    environment = {"env_vars": {"PYTHONPATH": here}}
    ray.init(address=options.address, log_to_driver=False, runtime_env=environment, **own)
    serve.start(http_options={"host": "127.0.0.1", "port": options.port})
    file = os.path.abspath(options.file)
    serve.run(Server.bind(file, options.name, options.max_batch, options.wait_ms))
    print(f"ready: http://127.0.0.1:{options.port}/v2/models/{options.name}", flush=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
