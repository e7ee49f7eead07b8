"""Runs ministack: `.venv/ministack/bin/python local/run_ministack.py SITE_PACKAGES_OF_SAM`.

ministack needs SAM's translator to deploy a SAM template. It is lent the sam environment's for its own
process, instead of having it installed: ministack starts the functions with its own interpreter, and what is
installed beside it (the translator brings pydantic, boto3 and more) they could import without any layer.
"""

import sys


def main(site_packages: str) -> None:
    """Run until a signal. What is installed in both environments comes from ministack's own."""
    sys.path.append(site_packages)
    sys.argv = ["ministack"]
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main(sys.argv[1])
