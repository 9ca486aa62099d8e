"""Stands in for Triton's own `onnxruntime` backend, which PyPI doesn't carry: it runs the same model folders, unchanged.

https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/backend/docs/python_based_backends.html
"""

from pathlib import Path

import numpy
import triton_python_backend_utils as triton

from classifier import Classifier


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        """Adds nothing: the folder's config.pbtxt says everything."""
        return config

    def initialize(self, args):
        folder = Path(args["model_repository"]) / args["model_version"]
        self._classifier = Classifier(str(folder / "model.onnx"))

    def execute(self, requests):
        """Takes the requests that Triton has put together, and answers each."""
        name = self._classifier.input.name
        pixels = [triton.get_input_tensor_by_name(each, name).as_numpy() for each in requests]
        scores = self._classifier.run(numpy.concatenate(pixels))
        ends = numpy.cumsum([len(each) for each in pixels])
        output = self._classifier.output.name
        return [
            triton.InferenceResponse([triton.Tensor(output, part)])
            for part in numpy.split(scores, ends[:-1])
        ]
