"""The same work on a Dask cluster: two worker processes, one of which is killed half way."""

import csv
import os
import signal
import sys
import threading
import time

import pytest

from lstm_helpers.grading import cluster, run, workers
from tests.grading.handed import SIGMOID, WRONG, lay_out, notebook, written
from tests.grading.test_run import LIMITS, UNSAFE
from tests.grading.test_sandbox import gone

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'lstm-helpers[cluster]'")
CLASS = {f"s{k:02}/03_gates.ipynb": notebook(WRONG if k % 3 else SIGMOID, f"x = {k}") for k in range(10)}


@pytest.fixture(scope="module")
def dask_cluster():
    """A LocalCluster of two worker processes, each looked after by a nanny that starts it again."""
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as started:
        yield started


def test_a_lost_worker_costs_nothing_and_doubles_nothing(dask_cluster, tmp_path):
    folder = lay_out(tmp_path / "class", CLASS)
    killed = []

    def kill_one_half_way():
        while not killed:
            time.sleep(0.02)
            if written(tmp_path / "cluster") >= 3:
                killed.append(dask_cluster.workers[0].pid)
                os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one_half_way, daemon=True)
    killer.start()
    address = dask_cluster.scheduler_address
    assert run.grade(folder, tmp_path / "cluster", seed=11, limits=LIMITS, unsafe=UNSAFE, say=str, address=address) == 0
    assert killed
    assert written(tmp_path / "cluster") == len(CLASS)
    rows = list(csv.DictReader((tmp_path / "cluster" / "grades.csv").open()))
    assert [row["points"] for row in rows] == ["0" if k % 3 else "2" for k in range(10)]


def test_no_folder_outlives_a_worker_of_the_cluster(tmp_path, monkeypatch):
    (tmp_path / "temp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temp"))
    with (
        distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as started,
        cluster.executor(started.scheduler_address) as (executor, _),
    ):
        executor.submit(workers.confinement, UNSAFE, "numpy").result()
        assert list((tmp_path / "temp").glob("lstm-*"))
    assert gone(tmp_path / "temp", "lstm-*")


def test_a_cluster_that_is_not_there_is_said_in_plain_words(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with (
        pytest.raises(ValueError, match="no Dask scheduler answers at tcp://127.0.0.1:1:"),
        cluster.executor("tcp://127.0.0.1:1"),
    ):
        pass


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ValueError, match=r"pip install 'lstm-helpers\[cluster\]'"),
        cluster.executor("tcp://127.0.0.1:1"),
    ):
        pass
