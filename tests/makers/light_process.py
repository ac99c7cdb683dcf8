"""A process that has loaded little: each command runs in a fork of it, and says which libraries are loaded then.

A fork has loaded what a new process would have, without the second that this takes. What the first process has loaded
counts as loaded by each command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = """
import json, os, sys, tempfile
from contextlib import redirect_stderr
from classifier.cli.app import run
if sys.argv[1:]:
    with tempfile.TemporaryDirectory() as nowhere, redirect_stderr(None):
        os.chdir(nowhere)
        run(sys.argv[1:])
for line in sys.stdin:
    asked = json.loads(line)
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if not child:
            os.environ.clear()
            os.environ.update(asked["environment"])
            os.chdir(asked["folder"])
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            answer = os.dup(1)
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            code = run(asked["words"])
            sys.stdout.flush()
            sys.stderr.flush()
            said.seek(0)
            loaded = [name for name in asked["libraries"] if name in sys.modules]
            os.write(answer, json.dumps([code, loaded, said.read()]).encode() + b"\\n")
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            said.seek(0)
            print(json.dumps([None, [], said.read()]), flush=True)
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Attributes:
        code: the exit code; None where the process broke off.
        loaded: which of some libraries it loaded.
        said: what it wrote to standard output and standard error.
    """

    code: int | None
    loaded: set[str]
    said: str


@dataclass(frozen=True)
class LightProcess:
    """A process that forks itself for each command."""

    process: subprocess.Popen[str]

    def run(self, words: Iterable[str], libraries: Iterable[str]) -> Outcome:
        """Run a command in the folder and the environment of this process.

        Args:
            words: of the command, without the name of the program.
            libraries: of which to say whether the command loaded them.
        """
        assert self.process.stdin and self.process.stdout
        asked = {
            "words": list(words),
            "libraries": list(libraries),
            "environment": dict(os.environ),
            "folder": str(Path.cwd()),
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code, loaded, said = json.loads(self.process.stdout.readline())
        return Outcome(code, set(loaded), said)


@contextmanager
def light_process(*first: str) -> Iterator[LightProcess]:
    """Such a process, until the block ends; it has loaded the command line alone, or also what a command loads."""
    command = [sys.executable, "-c", SERVER, *first]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield LightProcess(process)
        assert process.stdin
        process.stdin.close()
