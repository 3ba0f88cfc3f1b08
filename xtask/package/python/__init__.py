"""Finds the programs that this package installs: sensu-server and sensuctl."""

import shutil
import sysconfig
from pathlib import Path

__all__ = ["find_program"]


def find_program(name: str = "sensu-server") -> Path:
    """The path of an installed program, also if its environment is not activated."""
    for scheme in (None, f"{sysconfig.get_preferred_scheme('user')}"):
        folder = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        program = Path(folder) / name
        if program.is_file():
            return program
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: pip install sensu-server")
    return Path(found)
