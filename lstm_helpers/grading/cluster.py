"""The work of ``run`` on many machines: a Dask cluster behind the interface of concurrent.futures."""

import contextlib

PATIENCE = 20  # seconds to reach the scheduler


@contextlib.contextmanager
def executor(address):
    """(executor, number of workers) of the Dask scheduler at ``address``, for example tcp://10.0.0.1:8786.

    A worker that is lost is Dask's to notice: what it had in hand goes to another one. Raises ValueError in plain
    words when Dask is not installed, nobody answers, or the cluster has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("--cluster needs Dask: pip install 'lstm-helpers[cluster]'") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as trouble:  # TimeoutError is an OSError
        raise ValueError(f"no Dask scheduler answers at {address}: {trouble}") from None
    with client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        if not workers:
            raise ValueError(f"the cluster at {address} has no workers: start `dask worker {address} --nthreads 1`")
        yield client.get_executor(pure=False, retries=2), workers
