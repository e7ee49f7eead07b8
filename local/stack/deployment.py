"""Puts template.yaml on the embedded stack with plain `sam build` and `sam deploy`."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import child_environment
from local.stack.api_definition import any_mocks, gateway_responses, mock_responses
from local.stack.aws import local_client, stack_outputs, stage_name
from local.stack.processes import ROOT, Child

SAM = ROOT / ".venv" / "sam" / "bin" / "sam"
ARTIFACTS_BUCKET = "sam-artifacts"
# Seconds; a first build waits for pip.
BUILD_TIMEOUT = 600
DEPLOY_TIMEOUT = 180


class DeploymentError(Exception):
    """Raised when sam fails; carries what it said."""


@dataclass(frozen=True)
class Deployment:
    """Where and what to deploy: sam's working files go below `directory`."""

    endpoint: str
    stack_name: str
    template: Path
    directory: Path

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded stack; no setting of the user's reaches it."""
        return local_client(service, self.endpoint)

    def build(self, python: Path) -> None:
        """Build for the given interpreter. Raises DeploymentError."""
        # The dependencies are kept between stacks, so that only the first build waits for pip.
        environment = child_environment.for_build(
            os.environ, ROOT / ".local" / "layers", python, self.directory
        )
        self._sam(["build", "--template-file", str(self.template)], environment, BUILD_TIMEOUT)

    def deploy(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Deploy what was built; return the stack's outputs. Raises DeploymentError."""
        self.client("s3").create_bucket(Bucket=ARTIFACTS_BUCKET)
        options = ["--stack-name", self.stack_name, "--s3-bucket", ARTIFACTS_BUCKET, "--no-progressbar"]
        options += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
        if parameters:
            options += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
        built = str(self.directory / "build" / "template.yaml")
        environment = child_environment.for_deploy(self.endpoint, self.directory, SAM)
        self._sam(["deploy", "--template-file", built, *options], environment, DEPLOY_TIMEOUT)
        outputs = stack_outputs(self.client("cloudformation"), self.stack_name)
        complete_api(self, outputs)
        return outputs

    def _sam(self, arguments: list[str], environment: Mapping[str, str], timeout: float) -> None:
        """Run sam in the work directory, without the project's samconfig.toml, which is for AWS."""
        config = self.directory / "samconfig.toml"
        config.write_text("version = 0.1\n")
        command = [str(SAM), *arguments, "--config-file", str(config)]
        if arguments[0] == "build":
            command += ["--build-dir", str(self.directory / "build")]
        sam = Child(
            command, environment=environment, log=self.directory / "sam.log", directory=self.directory
        )
        try:
            code = sam.wait(timeout)
        except subprocess.TimeoutExpired:
            raise DeploymentError(f"sam {arguments[0]} took over {timeout:.0f} s:\n{tail(sam.log)}") from None
        finally:
            sam.stop()
        if code != 0:
            raise DeploymentError(f"sam {arguments[0]} failed:\n{tail(sam.log)}")


def complete_api(deployment: Deployment, outputs: Mapping[str, str]) -> None:
    """Give the API what ministack does not read out of its definition.

    Those are gateway responses, methods that are ANY, and answers of mocks.

    They take effect with the next deployment of the stage, as on AWS.
    """
    definition = deployment.client("cloudformation").get_template(
        StackName=deployment.stack_name, TemplateStage="Processed"
    )["TemplateBody"]
    api, api_id = deployment.client("apigateway"), outputs["ApiId"]
    for arguments in gateway_responses(definition):
        api.put_gateway_response(restApiId=api_id, **arguments)
    listed = api.get_resources(restApiId=api_id, limit=500)["items"]
    resource_ids = {resource["path"]: resource["id"] for resource in listed}
    for path, arguments in any_mocks(definition):
        method = {
            "restApiId": api_id,
            "resourceId": resource_ids[path],
            "httpMethod": arguments["httpMethod"],
        }
        api.put_method(**method, authorizationType="NONE")
        api.put_integration(**{**method, **arguments})
    for path, arguments in mock_responses(definition):
        api.put_integration_response(restApiId=api_id, resourceId=resource_ids[path], **arguments)
    api.create_deployment(restApiId=api_id, stageName=stage_name(outputs))


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
