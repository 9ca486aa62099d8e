"""The part of the Open Inference Protocol (KServe v2) that a classifier needs, with binary tensors.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

import json

import numpy

HEADER = "inference-header-content-length"
FLEXIBLE = -1


class BadRequest(ValueError):
    """A request that the client has to change."""


def describe(name, classifier):
    """The answer to GET /v2/models/NAME."""

    def tensor(info, datatype):
        shape = [size if isinstance(size, int) else FLEXIBLE for size in info.shape]
        return {"name": info.name, "datatype": datatype, "shape": shape}

    return {
        "name": name,
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [tensor(classifier.input, "UINT8")],
        "outputs": [tensor(classifier.output, "FP32")],
    }


def configure(name, classifier):
    """The answer to GET /v2/models/NAME/config, an extension of Triton's, which carries the class names."""
    parameters = {key: {"string_value": text} for key, text in classifier.metadata.items()}
    return {"name": name, "parameters": parameters}


def read_pixels(body, headers, classifier):
    """The pixels of a request: one tensor, as bytes after the JSON."""
    try:
        end = int(headers[HEADER])
        (tensor,) = json.loads(body[:end])["inputs"]
        shape, datatype = tensor["shape"], tensor["datatype"]
    except (KeyError, ValueError, TypeError) as error:
        raise BadRequest(f"request: expected JSON with one input, its length in {HEADER}, got {error!r}") from None
    size = classifier.input.shape[1:]
    if tensor.get("name") != classifier.input.name or datatype != "UINT8" or shape[1:] != size or shape[0] < 1:
        raise BadRequest(
            f"input: expected {classifier.input.name}, UINT8 [n, {', '.join(map(str, size))}], "
            f"got {tensor.get('name')}, {datatype} {shape}"
        )
    expected, got = int(numpy.prod(shape)), len(body) - end
    if got != expected:
        raise BadRequest(f"input: expected {expected} bytes after the JSON, got {got}")
    return numpy.frombuffer(body, "uint8", offset=end).reshape(shape)


def write_scores(name, classifier, scores):
    """Headers and body of the answer."""
    content = scores.astype("<f4").tobytes()
    output = {
        "name": classifier.output.name,
        "datatype": "FP32",
        "shape": scores.shape,
        "parameters": {"binary_data_size": len(content)},
    }
    head = json.dumps({"model_name": name, "model_version": "1", "outputs": [output]}).encode()
    return {HEADER: str(len(head))}, head + content
