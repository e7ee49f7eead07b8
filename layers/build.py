"""Builds one layer for `sam build`: `build.py dependencies` or `build.py tongyi`.

The layers' Makefiles call it with ARTIFACTS_DIR set by SAM. These variables select what is built:

LAYER_PYTHON    "3.13" (default), or "native" for the interpreter that runs this script
LAYER_PLATFORM  "manylinux2014_aarch64" (default): the architecture the functions run on
LAYER_BYTECODE  "required" (default): without a Python of the layer's version to compile it, nothing is built;
                "optional": the layer then has no bytecode, and a function takes 2.3 times as long to start
LAYER_SHARED    a directory (the embedded stack's): the dependencies are installed there once, and the layer
                holds only a pointer to them. The embedded stack unpacks its layers anew for every worker it
                starts, which costs a second and 50 MB each if they hold it all.

Standard library only; pip must belong to the interpreter. Any Python from 3.8 on will do, because plain `sam build`
calls the python3 on PATH: the layer's own version is wanted for the bytecode alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LAYERS = Path(__file__).resolve().parent
LOCK = LAYERS / "dependencies" / "requirements.txt"

# Wheels name the oldest glibc they run on. The runtime (Amazon Linux 2023) has 2.34, so all of these fit.
GLIBC_TAGS = ("manylinux_2_34", "manylinux_2_31", "manylinux_2_28", "manylinux_2_27", "manylinux_2_17")

# botocore describes every service of AWS, in 28 MB. What the package talks to stays; a client of another
# service would fail with UnknownServiceError, on the embedded stack too.
SERVICES = frozenset(
    {
        "dynamodb",
        "events",
        "lambda",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "stepfunctions",
        "sts",
    }
)
IN_LAMBDA = "/opt/python"
NO_PYTHON = """there is no python{wanted} on PATH (this script runs on {here}), and without one the layer would have \
no bytecode: every cold start would take 2.3 times as long.
Install Python {wanted}: uv python install {wanted}; on macOS brew install python@{wanted}; with pyenv, \
pyenv install {wanted} and pyenv shell {here} {wanted}.
Or go on without bytecode: set LAYER_BYTECODE=optional in the environment of the build."""


class BuildError(Exception):
    """Raised when a layer cannot be built; the message says what the user can do."""


def main(arguments: list[str]) -> int:
    """Build the named layer into $ARTIFACTS_DIR/python."""
    target = Path(os.environ["ARTIFACTS_DIR"]) / "python"
    build = {"dependencies": build_dependencies, "tongyi": build_tongyi}[arguments[0]]
    try:
        build(target, find_compiler())
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def build_tongyi(target: Path, compiler: str | None) -> None:
    """Copy the package and compile it."""
    shutil.copytree(
        LAYERS / "tongyi" / "tongyi", target / "tongyi", ignore=shutil.ignore_patterns("__pycache__")
    )
    compile_bytecode(target, compiler)


def build_dependencies(target: Path, compiler: str | None) -> None:
    """Install the locked dependencies: into the layer, or into the shared directory it then points to."""
    shared = os.environ.get("LAYER_SHARED")
    if not shared:
        install(target, compiler)
        return
    home = Path(shared) / content_key()
    if not home.is_dir():
        # Made beside its final place and moved there whole: an interrupted build leaves nothing half done.
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
            made = Path(scratch) / "python"
            install(made, compiler)
            publish(made, home)
    point_to(target, home)


def content_key() -> str:
    """What the installed dependencies follow from, as 16 hex digits: this script, the lock, the target."""
    selected = f"{layer_python()} {sys.version} {sys.executable}".encode()
    parts = (Path(__file__).read_bytes(), LOCK.read_bytes(), selected)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def publish(made: Path, home: Path) -> None:
    """Move what was made to its place; if another build was faster, its result is as good."""
    try:
        made.rename(home)
    except OSError:
        if not home.is_dir():
            raise


def point_to(target: Path, home: Path) -> None:
    """Make a layer whose only file puts `home` at the front of sys.path.

    A .pth line that begins with "import" is executed when Lambda (and the embedded stack alike) add the
    layer's site-packages as a site directory; a plain path would come behind the interpreter's own packages.
    """
    site = target / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    site.mkdir(parents=True)
    (site / "dependencies.pth").write_text(f"import sys; sys.path.insert(0, {os.fspath(home)!r})\n")


def install(target: Path, compiler: str | None) -> None:
    """Install the lock into a directory, without what a function never needs, and compile it."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--require-hashes", "--requirement", os.fspath(LOCK)]
    command += ["--only-binary=:all:", "--target", os.fspath(target), *platform_options()]
    # A user's own pip settings must not turn --target into something else; mirrors and proxies stay.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise BuildError(f"{sys.executable} -m pip failed (PYTHON=… selects another interpreter)")
    prune(target)
    compile_bytecode(target, compiler)


def layer_python() -> str:
    """The Python version the layer is for, such as "3.13"."""
    wanted = os.environ.get("LAYER_PYTHON") or "3.13"
    return "{}.{}".format(*sys.version_info) if wanted == "native" else wanted


def platform_options() -> list[str]:
    """pip's options that select wheels for another machine; none for this one."""
    if os.environ.get("LAYER_PYTHON") == "native":
        return []
    platform = os.environ.get("LAYER_PLATFORM") or "manylinux2014_aarch64"
    architecture = platform.split("_", 1)[1]
    tags = [platform, *(f"{tag}_{architecture}" for tag in GLIBC_TAGS)]
    # What a package requires is asked of LAYER_PYTHON by its wheels' names. Older pips (macOS has 21.2) ask their own
    # interpreter, which is another.
    options = ["--implementation", "cp", "--python-version", layer_python(), "--ignore-requires-python"]
    return options + [option for tag in tags for option in ("--platform", tag)]


def prune(target: Path) -> None:
    """Remove scripts, tests, pip's own records, and the descriptions of services that are not used."""
    for unused in [target / "bin", *target.glob("*/tests")]:
        shutil.rmtree(unused, ignore_errors=True)
    for record in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for path in target.glob(f"*.dist-info/{record}"):
            path.unlink()
    for path in (target / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)


def find_compiler() -> str | None:
    """The interpreter that makes the layer's bytecode; None where there is none and it is optional.

    Asked for before anything is built. Raises BuildError where bytecode is required and cannot be made.
    """
    wanted = os.environ.get("LAYER_BYTECODE") or "required"
    if wanted not in ("required", "optional"):
        raise BuildError(f'LAYER_BYTECODE is "{wanted}", it may be "required" or "optional"')
    version = layer_python()
    interpreter = find_python(version)
    if interpreter is None and wanted == "required":
        raise BuildError(NO_PYTHON.format(wanted=version, here="{}.{}".format(*sys.version_info)))
    if interpreter is None:
        # On standard output, because SAM shows a build's standard error only when it fails.
        print(f"note: no python{version} here, so the layer has no bytecode: slower cold starts", flush=True)
    return interpreter


def compile_bytecode(target: Path, compiler: str | None) -> None:
    """Compile for the runtime's own Python, if it is here: a function then starts two to three times faster.

    The files are not checked against their sources when imported: nothing in a layer changes.
    """
    if compiler is None:
        return
    command = [compiler, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", os.fspath(target), "-p", IN_LAMBDA, os.fspath(target)]
    if subprocess.run(command, check=False).returncode != 0:
        raise BuildError(f"{compiler} could not compile the layer")


def find_python(version: str) -> str | None:
    """An interpreter of exactly this version: this one, or one on PATH that really starts."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    # Version managers put a pythonX.Y on PATH that only says that it is not active.
    probe = [f"python{version}", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return probe[0] if answer.stdout.strip() == version else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
