"""Known vulnerabilities of the locked packages; not a part of `make test`, which must pass on any day.

Exit status 1 where there are any that pyproject.toml does not list with a reason under [tool.nashgan.audit]. Where the
database cannot be reached, that is said, and nothing fails: the same commit is checked wherever it can be.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def report(lock: Path) -> list[dict[str, Any]]:
    """What pip-audit says of each package; nothing where it got no answer."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        pins.write_text(lock.read_text().replace("===", "=="))
        options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), *options]
        done = subprocess.run(command, capture_output=True, text=True)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        if "connection" not in last.lower():
            sys.exit(f"audit: {last}")
        return []
    return [package for package in found if "vulns" in package]


def main() -> None:
    packages = report(ROOT / "requirements.lock")
    if not packages:
        print("audit: the database of vulnerabilities cannot be reached from here; nothing was checked")
        return
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["nashgan"]["audit"]
    faults = []
    for package in packages:
        for fault in package["vulns"]:
            if not {fault["id"], *fault["aliases"]} & known.keys():
                mended = ", ".join(fault["fix_versions"]) or "no version yet"
                faults.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    print("\n".join([*faults, f"audit: {len(packages)} packages, {len(faults)} unlisted vulnerabilities"]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
