"""Makes the environment `.venv` and installs the program into it with uv.

uv resolves in seconds what takes pip over a minute, but doesn't read pip's configuration;
so what the machine's owner told pip (mirrors, local wheels, certificates, proxy) is handed on.
Runs before anything is installed: standard library only.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from packages import provide

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}
"""pip's options and the environment variables by which uv takes the same."""


def pip_options(listing: str) -> dict[str, str]:
    """What `pip config list` says, the last word first: environment, `install`, `global`."""
    options = re.findall(r"^(:env:\.|install\.|global\.)([\w-]+)=(.+)$", listing, re.MULTILINE)
    rank = ["global.", "install.", ":env:."].index
    return {key: str(ast.literal_eval(value)) for _, key, value in sorted(options, key=lambda item: rank(item[0]))}


def uv_settings(options: Mapping[str, str]) -> dict[str, str]:
    """pip's options as uv's environment. pip parts lists by blanks, uv `UV_FIND_LINKS` by commas.

    pip takes the best version that any of its indexes has, uv by default only looks into the
    first one that knows the name: where further indexes are set, uv is asked to do as pip does.
    """
    settings = {UV_NAMES[key]: " ".join(value.split()) for key, value in options.items() if key in UV_NAMES}
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = settings["UV_FIND_LINKS"].replace(" ", ",")
    if "UV_INDEX" in settings:
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def torch_flags(local: str | None, nvidia: bool) -> list[str]:
    """How uv shall get torch. `local` is the version among the machine's own wheels, if any.

    A local build that fits the machine wins. Otherwise uv asks PyTorch's own index, whose
    address uv knows; for a machine without an NVIDIA GPU that is the CPU build, since
    the ordinary one brings gigabytes of CUDA.
    """
    if local is not None and f"+{'cu1' if nvidia else 'cpu'}" in local:
        return [f"torch=={local}"]
    return ["--torch-backend=auto" if nvidia else "--torch-backend=cpu"]


def has_nvidia() -> bool:
    tool = shutil.which("nvidia-smi")
    return tool is not None and subprocess.run([tool, "-L"], capture_output=True).returncode == 0


def local_torch(environment: Mapping[str, str]) -> str | None:
    """The newest torch that the machine's own sources offer: local wheels and further indexes."""
    first, *others = environment.get("UV_INDEX", "").split() or [""]
    sources = {**environment, "UV_DEFAULT_INDEX": first, "UV_INDEX": " ".join(others)}
    command = uv("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "-")
    if not first:
        command.append("--no-index")
    answer = subprocess.run(command, input=torch_requirement(), env=sources, capture_output=True, text=True)
    match = re.search(r"^torch==(\S+)", answer.stdout, re.MULTILINE)
    return match[1] if match else None


def torch_requirement() -> str:
    dependencies: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return next(text for text in dependencies if text.startswith("torch"))


def uv(*arguments: str) -> list[str]:
    return [str(VENV / "bin" / "uv"), *arguments, "--python", str(PYTHON)]


def need_ensurepip() -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian's python3 leaves it to a package
        provide("python{}.{}-venv".format(*sys.version_info), "install: Python's venv is missing")


def make_venv() -> None:
    """A new `.venv`, unless a working one is there (a Python upgrade or a move breaks them)."""
    pip = VENV / "bin" / "pip"  # the script and not the module: it names the folder that it was made for
    try:
        if subprocess.run([pip, "--version"], capture_output=True).returncode == 0:
            return
    except OSError:
        print("install: making a new .venv", flush=True)
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def run(command: list[str], environment: Mapping[str, str] | None = None) -> None:
    """Run to the end; when it fails, its own words have been said, so end with its code."""
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if code:
        sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description="Install into .venv.")
    parser.add_argument("--dev", action="store_true", help="what tests and checks need, too")
    given = parser.parse_args()
    need_ensurepip()
    make_venv()
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv>=0.9"])
    listing = subprocess.run([PYTHON, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    environment = {**uv_settings(pip_options(listing)), **os.environ}  # what is set for uv itself wins
    group = ["--group", "dev"] if given.dev else []
    torch = [] if "UV_TORCH_BACKEND" in environment else torch_flags(local_torch(environment), has_nvidia())
    if any(flag.startswith("--torch-backend") for flag in torch):
        print("install: torch comes from PyTorch's own index; if that can't be reached, let PIP_FIND_LINKS name")
        print("         a folder with a build of it for this machine", flush=True)
    run(uv("pip", "install", "--editable", ".", *group, *torch), environment)
