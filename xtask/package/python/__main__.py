"""Runs sensu-server: `python -m sensu_server start --dev`."""

import os
import sys

from . import find_program

program = find_program()
os.execv(program, [str(program), *sys.argv[1:]])
