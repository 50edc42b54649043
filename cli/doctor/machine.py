"""Whether this machine can build and deploy."""

import shutil
import subprocess

from cli.doctor.finding import Verdict, blocking, ok
from cli.local_cloud.layout import REPOSITORY
from cli.templates import FUNCTION, Deployed

_SECONDS = 15


def docker(templates: Deployed) -> Verdict:
    """Images are built on this machine."""
    if not any(each.get("PackageType") == "Image" for each in templates.of(FUNCTION)):
        return ok("the stage has no images")
    if shutil.which("docker") is None:
        return blocking(
            "Docker is not installed", "https://docs.docker.com/get-started/get-docker/"
        )
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return blocking(f"Docker did not respond within {_SECONDS} s", "restart Docker")
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        return blocking(f"Docker is not running: {''.join(reason)}", "start Docker")
    return ok(f"Docker {done.stdout.strip()}")


def deployment_tools() -> Verdict:
    """The CDK's command line is installed."""
    if (REPOSITORY / "node_modules" / ".bin" / "cdk").exists():
        return ok("the CDK's command line is installed")
    return blocking("the CDK's command line is not installed", "make setup")
