"""Runs inside bubblewrap: imports everything once, then forks one confined box for each request of the host.

It starts no parallel work, as a fork after that can hang, and holds no secret, as every box is a copy of it.
Each request comes over a socket as a JSON line of limits with one file descriptor, the box's own socket; the answer
comes with a descriptor of the box's first process, whose end is the end of all that the box started.
"""

import gc
import io
import json
import os
import random
import socket
import sys
import tempfile
from pathlib import Path

# Of every kind that notebooks hold. No matrix product: that could start threads.
WARMING = (
    "import numpy as np\nfrom lstm_helpers.checks import check\nrng = np.random.default_rng(0)",
    'def warm(x):\n    """Docstring."""\n    return 2 * x + np.exp(-x)',
    "class Warm:\n    def __init__(self):\n        self.w = np.ones((3, 4))",
    "check('warm', warm)",
    "x = np.ones((3, 4))\nfor step in range(3):\n    x = np.tanh(warm(x)[:, ::-1])\nprint(x.shape)",
    "warm(x)",
    "1 / 0",
)
ROUNDS = 10  # Python adapts its code to what it works on within so many


def main(rules, filter_file, control):
    """Serve until the host closes its end. ``rules``: JSON text of profiles.Profile.rules."""
    from lstm_helpers.grading.box import confinement

    confinement.enter_namespaces()
    if serving := os.fork():
        os.close(control)
        os.waitpid(serving, 0)
        return
    from lstm_helpers.grading.box import guest

    rules = json.loads(rules)
    if "torch" in rules["imports"]:
        import torch

        torch.set_num_threads(1)
    filters = [bytes.fromhex(line) for line in Path(filter_file).read_text().split()]
    shell = guest.make_shell(rules["refused"])
    _warm(guest, shell)
    control = socket.socket(fileno=control)
    gc.collect()
    gc.freeze()  # boxes then share these pages for good
    confinement.use_huge_pages()
    control.sendall(json.dumps({"threads": len(os.listdir("/proc/self/task"))}).encode())
    while True:
        message, descriptors, *_ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            return
        _reap()
        try:
            box = confinement.fork_apart()
        except OSError as trouble:
            control.sendall(json.dumps({"trouble": str(trouble)}).encode())
        else:
            if box == 0:
                _be_a_box(confinement, guest, shell, control, descriptors[0], json.loads(message), filters)
        os.close(descriptors[0])


def _warm(guest, shell):
    """Run cells and probes as boxes do, and forget them. Whatever is looked up, adapted or found the first time is then
    there in every fork, and no box has to do and copy it anew."""
    from lstm_helpers import checks
    from lstm_helpers.grading.box import messages

    before = dict(shell.user_ns)
    arrays = {f"{number}:x": messages.text_array("x") for number in range(4)}
    request = {"names": ["warm"], "probe": "call", "returns": "y", "cases": 4, "seconds": 5.0, "number": 0}
    request["given"] = False
    for _ in range(ROUNDS):
        for source in WARMING:
            guest.ANSWERS["run"](shell, {"seconds": 5.0}, {"source": messages.text_array(source)})
        sent = io.BytesIO()
        guest.see_all(sent, shell, request, arrays)
        sent.seek(0)
        messages.read(sent)
    shell.user_ns.clear()
    shell.user_ns.update(before)
    checks.given.clear()


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # there are none left


def _be_a_box(confinement, guest, shell, control, data, limits, filters):
    """In the fork: be a box. The host gets descriptors of its first process and of its /proc, or hears of trouble."""
    try:
        try:
            confinement.mount_private_places(limits["disk"])
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
        confinement.give_up_rights(limits, filters)
        _begin()
        guest.serve(requests, replies, shell)
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
