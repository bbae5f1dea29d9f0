"""What tests need to stand where a user stands: without the rights of root, or in front of a full disk."""

import os
import subprocess
import sys

import pytest

needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions and no limits of a process")


def run(code, *arguments, room=None, **environment):
    """Run Python as a plain user; returns the finished process, with text.

    room: bytes that a file may have, so that a longer one breaks off as on a full disk. What is None in the environment
    is taken away; the variables of the course and of Jupyter are taken away first.
    """
    import resource

    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LSTM_COURSE_", "JUPYTER", "XDG_", "IPYTHON"))}
    given = {k: str(v) for k, v in {**kept, **environment}.items() if v is not None}
    # Root may write anywhere. Without these two rights, it is held to the permissions of its own files.
    plain = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

    def confine():
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    command = [*plain, sys.executable, "-B", "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=300, preexec_fn=confine)


def course(*words, **options):
    """``lstm-course`` as a plain user."""
    return run("import sys; from lstm_helpers.commands import cli; sys.exit(cli.main(sys.argv[1:]))", *words, **options)
