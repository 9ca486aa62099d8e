"""Checks the examples with the schemas of the engines: Kubernetes', AWS Batch's API model, and the options of sbatch.

    python examples/cluster/check_manifests.py
"""

import json
import pathlib
import re
import shlex

import kubernetes_validate
import yaml
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from packaging.version import Version
from simple_slurm import Slurm

HERE = pathlib.Path(__file__).parent


def kubernetes():
    """Each version since 1.29, the first with backoffLimitPerIndex by default; unknown fields are errors."""
    job = yaml.safe_load((HERE / "kubernetes.yaml").read_text())
    for version in sorted(set(kubernetes_validate.utils.all_versions()), key=Version):
        if Version(version) < Version("1.29"):
            continue
        try:
            kubernetes_validate.validate(job, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            raise SystemExit(f"kubernetes.yaml, {version}: {error.message}") from error
        yield version


def aws_batch():
    model = ServiceModel(Loader().load_service_model("batch", "service-2"), "batch")
    for name, operation in (("aws-batch", "RegisterJobDefinition"), ("aws-batch-submit", "SubmitJob")):
        parameters = json.loads((HERE / f"{name}.json").read_text())
        # Raises ParamValidationError for missing, unknown and wrong ones.
        validate_parameters(parameters, model.operation_model(operation).input_shape)
        yield operation


def slurm():
    """simple_slurm has the list of sbatch's options; argparse ends the program at an unknown one."""
    for line in re.findall(r"^#SBATCH (.*)$", (HERE / "slurm.sbatch").read_text(), re.MULTILINE):
        for word in shlex.split(line):
            name, _, value = word.removeprefix("--").partition("=")
            # The package takes a value for each; flags of sbatch have none.
            parser = Slurm().parser
            parser.allow_abbrev = False
            parser.parse_args([f"--{name.replace('-', '_')}", value or "true"])
            yield name


for engine in (kubernetes, aws_batch, slurm):
    print(f"{engine.__name__}: {', '.join(engine())}")
