"""Runs inside bubblewrap: imports everything once, then forks one confined box for each request of the host.

It computes nothing, as a fork after parallel work can hang, and holds no secret, as every box is a copy of it.
Each request comes over a socket as a JSON line of limits with one file descriptor, the box's own socket; the answer
comes with a descriptor of the box's first process, whose end is the end of all that the box started.
"""

import gc
import json
import os
import random
import socket
import sys
from pathlib import Path


def main(framework, filter_file, control):
    """Serve until the host closes its end."""
    from lstm_helpers.grading import confine, inside

    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    seccomp = Path(filter_file).read_bytes()
    shell = inside.make_shell(framework)
    control = socket.socket(fileno=control)
    gc.collect()
    gc.freeze()  # boxes then share these pages for good
    confine.gather()
    control.sendall(json.dumps({"threads": len(os.listdir("/proc/self/task"))}).encode())
    while True:
        message, descriptors, *_ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            return
        if os.fork() == 0:
            _open(confine, inside, shell, control, descriptors[0], json.loads(message), seccomp)
        os.close(descriptors[0])
        _reap()


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # there are none left


def _open(confine, inside, shell, control, data, limits, seccomp):
    """In the fork: one more fork is the box; this one hands its descriptor to the host and waits."""
    try:
        confine.leave()
        box = os.fork()
    except OSError as trouble:
        control.sendall(json.dumps({"trouble": str(trouble)}).encode())
        os._exit(1)
    if box == 0:
        _become(confine, inside, shell, data, limits, seccomp)
    handle = os.pidfd_open(box)
    socket.send_fds(control, [b'{"opened": true}'], [handle])
    os.closerange(0, 1024)
    os.waitpid(box, 0)
    os._exit(0)


def _become(confine, inside, shell, data, limits, seccomp):
    try:
        null = os.open(os.devnull, os.O_RDWR)
        data = os.dup2(data, 512)  # out of the way, as 0 to 3 are set next
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.dup2(data, 3)
        os.closerange(4, 1024)
        requests, replies = os.fdopen(3, "rb", closefd=False), os.fdopen(os.dup(3), "wb")
        try:
            confine.settle(limits, seccomp)
        except OSError as trouble:
            inside.frames.write(replies, {"re": 0, "part": 0, "trouble": str(trouble)})
            os._exit(1)
        _seed()
        inside.serve(requests, replies, shell)
    finally:
        os._exit(0)


def _seed():
    """Every fork begins with the zygote's generators: give each its own."""
    import numpy as np

    random.seed()
    np.random.seed()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
