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
import tempfile
from pathlib import Path


def main(framework, filter_file, control):
    """Serve until the host closes its end."""
    from lstm_helpers.grading import confine

    confine.leave()
    if serving := os.fork():
        os.close(control)
        os.waitpid(serving, 0)
        return
    from lstm_helpers.grading import inside

    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    filters = [bytes.fromhex(line) for line in Path(filter_file).read_text().split()]
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
        _reap()
        try:
            box = confine.fork_apart()
        except OSError as trouble:
            control.sendall(json.dumps({"trouble": str(trouble)}).encode())
        else:
            if box == 0:
                _become(confine, inside, shell, control, descriptors[0], json.loads(message), filters)
        os.close(descriptors[0])


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # there are none left


def _become(confine, inside, shell, control, data, limits, filters):
    """In the fork: be a box. The host gets descriptors of its first process and of its /proc, or hears of trouble."""
    try:
        try:
            confine.settle(limits["disk"])
            handles = [os.pidfd_open(os.getpid()), os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)]
            socket.send_fds(control, [b'{"opened": true}'], handles)
        except OSError as trouble:
            control.sendall(json.dumps({"trouble": str(trouble)}).encode())
            return
        null = os.open(os.devnull, os.O_RDWR)
        data = os.dup2(data, 512)  # out of the way, as 0 to 3 are set next
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.dup2(data, 3)
        os.closerange(4, 1024)
        requests, replies = os.fdopen(3, "rb", closefd=False), os.fdopen(os.dup(3), "wb")
        confine.seal(limits, filters)
        _begin()
        inside.serve(requests, replies, shell)
    finally:
        os._exit(0)


def _begin():
    """Every fork begins with what the zygote has drawn and found: give each its own."""
    import numpy as np

    random.seed()
    np.random.seed()
    tempfile.tempdir = None  # where the zygote found a place for temporary files, a box cannot write


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
