"""Reading a multipart form, as object storage takes an upload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from local.standin.errors import StorageError
from local.standin.exchange import Request

_MALFORMED = "The body of your POST request is not well-formed multipart/form-data."
_NO_FILE = "POST requires exactly one file upload per request."


@dataclass(frozen=True)
class Form:
    """The fields in front of the file, and the file; what comes after it is not read."""

    fields: dict[str, str]
    file: bytes


def read_form(request: Request) -> Form:
    """The form of an upload; StorageError (400) for one that cannot be read or has no file."""
    fields: dict[str, str] = {}
    for name, content in _parts(request):
        if name == "file":
            return Form(fields, content)
        fields[name] = content.decode("utf-8", "replace")
    raise StorageError(400, "IncorrectNumberOfFilesInPOSTRequest", _NO_FILE)


def _parts(request: Request) -> Iterator[tuple[str, bytes]]:
    # The parser of the library is for mail, and takes gigabytes for a large file: it reads the headers only.
    kind = _headers(f"Content-Type: {' '.join(request.headers.get('content-type', '').split())}".encode())
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        raise _malformed()
    delimiter = f"--{boundary}".encode()
    first, *more = request.body.split(b"\r\n" + delimiter)
    if not first.startswith(delimiter) or not more or not more[-1].startswith(b"--"):
        raise _malformed()
    for section in (first.removeprefix(delimiter), *more[:-1]):
        yield _read(section)


def _read(section: bytes) -> tuple[str, bytes]:
    head, end, content = section.partition(b"\r\n\r\n")
    name = _headers(head.lstrip()).get_param("name", header="content-disposition")
    if not end or not isinstance(name, str):
        raise _malformed()
    return name, content


def _headers(lines: bytes) -> Message:
    return BytesParser(policy=HTTP).parsebytes(lines + b"\r\n\r\n", headersonly=True)


def _malformed() -> StorageError:
    return StorageError(400, "MalformedPOSTRequest", _MALFORMED)
