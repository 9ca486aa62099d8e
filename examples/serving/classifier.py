"""A classifier that `resnet-heads export --to onnx --input pixels` wrote, run by ONNX Runtime."""

import onnxruntime


class Classifier:
    """Takes uint8 pixels [n, height, width, 3], RGB, and gives scores: the file scales pixels itself."""

    def __init__(self, file):
        self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        (self.input,) = self._session.get_inputs()
        self.output = self._session.get_outputs()[0]
        if self.input.type != "tensor(uint8)":
            raise ValueError(
                f"{file}: expected an input of uint8, got {self.input.type}; export it with --input pixels"
            )
        # Class names and thresholds, as JSON.
        self.metadata = self._session.get_modelmeta().custom_metadata_map

    def run(self, pixels):
        (scores,) = self._session.run([self.output.name], {self.input.name: pixels})
        return scores
