"""What the set-up scripts pass on to the programs that download for them."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)


def exported(**given: str) -> dict[str, str]:
    """Return the environment after scripts/common.sh."""
    ended = subprocess.run(
        ["bash", "-c", ". scripts/common.sh; env"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nobody", **given},
        capture_output=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in ended.stdout.decode().splitlines())


def test_a_folder_that_may_not_be_written_is_one_line_and_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = f". scripts/common.sh; check_writable {tmp_path}/file/below 'set X to another folder'"
    ended = subprocess.run(
        ["bash", "-c", line],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nobody"},
        capture_output=True,
    )
    assert ended.returncode == 2
    assert ended.stderr.decode() == (
        f"bash: {tmp_path}/file/below: this user may not write there; "
        "give it to them (chown), or set X to another folder\n"
    )


def test_uv_and_npm_trust_the_systems_certificates() -> None:
    env = exported()
    assert {env["UV_SYSTEM_CERTS"], env["NODE_USE_SYSTEM_CA"]} == {"1"}


def test_old_pip_and_node_are_given_the_systems_bundle_unless_another_is_set() -> None:
    bundle = next((path for path in BUNDLES if Path(path).is_file()), None)  # macOS has none of them
    env = exported()
    assert (env.get("PIP_CERT"), env.get("NODE_EXTRA_CA_CERTS")) == (bundle, bundle)
    env = exported(PIP_CERT="/company.pem", NODE_EXTRA_CA_CERTS="/node.pem")
    assert (env["PIP_CERT"], env["NODE_EXTRA_CA_CERTS"]) == ("/company.pem", "/node.pem")
