"""Checks a model repository against Triton's rules: its layout, and each config.pbtxt against Triton's own model_config.proto.

    python scripts/serving/check_triton_folders.py MODELS

https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html
"""

import sys
from pathlib import Path

import onnxruntime
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

TYPES = {"tensor(uint8)": "TYPE_UINT8", "tensor(float)": "TYPE_FP32"}


def sizes(shape):
    """Without the batch."""
    return [size if isinstance(size, int) else -1 for size in shape[1:]]


def same(described, tensor):
    kind = model_config_pb2.DataType.Name(described.data_type)
    assert (described.name, kind, list(described.dims)) == (tensor.name, TYPES[tensor.type], sizes(tensor.shape))


def check(folder):
    # An unknown field, a wrong type or a value that doesn't exist is an error.
    text = (folder / "config.pbtxt").read_text()
    config = text_format.Parse(text, model_config_pb2.ModelConfig())
    assert config.name == folder.name
    assert config.backend == "onnxruntime"
    assert config.max_batch_size >= 1
    assert config.HasField("dynamic_batching") == (config.max_batch_size > 1)
    versions = [each for each in folder.iterdir() if each.is_dir()]
    assert versions and all(each.name.isdigit() and not each.name.startswith("0") for each in versions)
    assert sorted(each.name for each in folder.iterdir() if not each.is_dir()) == ["config.pbtxt"]
    for version in versions:
        assert [each.name for each in version.iterdir()] == ["model.onnx"]
        session = onnxruntime.InferenceSession(version / "model.onnx", providers=["CPUExecutionProvider"])
        for described, tensors in ((config.input, session.get_inputs()), (config.output, session.get_outputs())):
            for pair in zip(described, tensors, strict=True):
                same(*pair)
        metadata = session.get_modelmeta().custom_metadata_map
        for key, value in config.parameters.items():
            assert value.string_value == metadata[key]
        assert "classes" in config.parameters


def main():
    folders = sorted(Path(sys.argv[1]).iterdir())
    assert folders
    for folder in folders:
        check(folder)
        print(f"{folder.name}: a folder as Triton takes it")


if __name__ == "__main__":
    main()
