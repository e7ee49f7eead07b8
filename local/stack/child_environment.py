"""The environment variables of what the embedded stack starts: given one by one, never inherited as a whole.

ministack hands its own environment to the functions, so whatever is in it is what a function could read.
"""

import os
from collections.abc import Mapping
from pathlib import Path

REGION = "us-east-1"
# The access key is "test" because ministack then uses its default account, 000000000000.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
HOST = "127.0.0.1"
# What a build must not see: credentials, and the variables of a make around us (its -j, its targets).
NOT_FOR_BUILDS = ("AWS_", "DASHSCOPE_", "DEMO_", "KEY_", "SAM_CLI_", "LAYER_", "PYTHON", "MAKE", "MFLAGS")


def for_ministack(port: int, directory: Path, python: Path, *, enforce_iam: bool) -> dict[str, str]:
    """ministack's whole environment: everything it writes goes below `directory`."""
    temporary = directory / "tmp"
    return {
        **_basic(directory, python),
        "TMPDIR": os.fspath(temporary),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "S3_DATA_DIR": os.fspath(directory / "s3"),
        "STATE_DIR": os.fspath(directory / "state"),
        "MINISTACK_REGION": REGION,
        "AUTH": str(enforce_iam).lower(),
        # Listeners of their own, on all interfaces, for services that are not used here.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def for_standin(keys: list[str], directory: Path, python: Path) -> dict[str, str]:
    """The stand-in's whole environment; it accepts these API keys."""
    return {**_basic(directory, python), "STANDIN_KEYS": ",".join(keys)}


def for_deploy(endpoint: str, directory: Path, python: Path) -> dict[str, str]:
    """The environment of `sam deploy`: all of AWS is the embedded stack, no profile of the user is read."""
    return {**_basic(directory, python), **_only_local(endpoint, directory)}


def for_build(user: Mapping[str, str], shared: Path, python: Path, directory: Path) -> dict[str, str]:
    """The environment of `sam build`: the user's (pip's mirrors, proxies, certificates) without secrets.

    The layers are built for the interpreter that runs ministack, and so the functions.
    """
    kept = {name: value for name, value in user.items() if not name.startswith(NOT_FOR_BUILDS)}
    return {
        **kept,
        **_only_local("http://127.0.0.1:9", directory),
        "PYTHON": os.fspath(python),
        "LAYER_PYTHON": "native",
        "LAYER_SHARED": os.fspath(shared),
    }


def _basic(directory: Path, python: Path) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join((os.fspath(python.parent), "/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": os.fspath(directory / "home"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
    }


def _only_local(endpoint: str, directory: Path) -> dict[str, str]:
    nothing = os.devnull
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": os.fspath(directory / "home"),
    }
