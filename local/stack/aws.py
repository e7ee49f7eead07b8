"""AWS clients for the embedded stack, and what a stack says about itself."""

import urllib.parse
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from local.stack import child_environment


def local_client(service: str, endpoint: str) -> Any:
    """A boto3 client that talks to the embedded stack alone, with bounded waits (seconds)."""
    session = boto3.Session(
        aws_access_key_id=child_environment.CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=child_environment.CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=child_environment.REGION,
    )
    config = Config(connect_timeout=5, read_timeout=60, proxies={})
    # boto3-stubs knows the services by their literal names; here the name is a value.
    create: Any = session.client
    return create(service, endpoint_url=endpoint, config=config)


def stack_outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """A stack's outputs by name. Raises ClientError if there is no such stack."""
    described = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def stage_name(outputs: Mapping[str, str]) -> str:
    """The API's stage, from the AWS URL among the outputs."""
    return urllib.parse.urlsplit(outputs["ApiUrl"]).path.strip("/")


def gateway_url(endpoint: str, outputs: Mapping[str, str]) -> str:
    """The API's base URL on the embedded stack."""
    return f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{stage_name(outputs)}"
