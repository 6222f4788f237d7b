"""Several processes on this machine, started as by torchrun; how many, and how many threads each has."""

import gc
import logging
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Literal

import psutil
import torch

from nashgan.runtime.compute import ComputeParams
from nashgan.runtime.errors import EXIT_FAILED, EXIT_LOST, Lost, ends_with_status
from nashgan.runtime.processes import use_own_gpu
from nashgan.runtime.signals import STOP

FIRST = 5.0  # seconds that the others wait for their end, so that the one that died is found first


def threads_of(compute: ComputeParams, shards: int) -> int | Literal["auto"]:
    """Threads of each process, on which the last bits depend, and which do not depend on how many processes there are.

    For auto: ``OMP_NUM_THREADS``, else as many as there are cores for each shard. "auto" where torch chooses.
    """
    if compute.threads != "auto" or shards == 1 or "OMP_NUM_THREADS" in os.environ:
        return compute.threads
    return max(1, torch.get_num_threads() // shards)


def count_processes(compute: ComputeParams, shards: int | None = None) -> int:
    """How many processes compute together on this machine: a training of so many shards, or without shards other work.

    For auto: as many as the shards can be divided among, so that each has a GPU, or on the CPU cores for its threads.
    """
    if compute.processes != "auto":
        return compute.processes
    gpus = torch.cuda.device_count() if compute.device in ("auto", "cuda") else 0
    threads = threads_of(compute, shards or 1)
    each = torch.get_num_threads() if threads == "auto" else threads
    places = gpus or (1 if compute.device == "mps" else max(1, (psutil.cpu_count() or 1) // each))
    return places if shards is None else min(shards, 1 << places.bit_length() - 1)


def launch(run: Callable[[], None], count: int, fresh: bool = False) -> None:
    """Call `run` in `count` new processes, and wait for them. Signals that ask to stop are passed on to them.

    The processes are copies of this one where a copy can compute: not after CUDA has started, and not after this
    process has computed with several threads. For the latter, `fresh` asks for processes that import all anew.
    Ends with the status of the process that ended with an error first. Raises Lost where one was killed.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    for logger in ("torch.distributed.elastic", "torch.multiprocessing.spawn"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # a line is said below
    forked = not fresh and sys.platform == "linux" and not torch.cuda.device_count()  # CUDA does not survive a fork
    with tempfile.TemporaryDirectory() as folder:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id="nashgan",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            start_method="fork" if forked else "spawn",
            signals_to_handle="SIGHUP",  # and not those that `_pass_on` gets
            logs_specs=DefaultLogsSpecs(folder),
        )
        former = {number: signal.signal(number, _pass_on) for number in STOP}
        gc.collect()
        gc.freeze()  # a forked process must not finalise what has threads only here
        try:
            elastic_launch(config, _started)(run)
        except ChildFailedError as error:
            rank, failure = error.get_first_failure()
            if failure.exitcode >= 0 and failure.exitcode != EXIT_LOST:
                sys.exit(failure.exitcode)  # it said why
            name = signal.Signals(-failure.exitcode).name if failure.exitcode < 0 else "an error"
            raise Lost(
                f"process {rank} of {count} was ended by {name}; run the same command again: a training goes on from "
                "its last checkpoint"
            ) from None
        finally:
            gc.unfreeze()
            for number, handler in former.items():
                signal.signal(number, handler)


def _started(run: Callable[[], None]) -> None:
    for number in STOP:
        signal.signal(number, signal.SIG_DFL)  # a forked process has those of `launch`
    launcher = os.getppid()
    try:
        with ends_with_status():
            use_own_gpu()
            run()
    except Lost:
        time.sleep(FIRST)
        sys.exit(EXIT_LOST)
    except Exception:
        traceback.print_exc()  # torch would only write it to a file
        sys.exit(EXIT_FAILED)
    if os.getppid() != launcher:  # it was killed; torch's wrapper would wait for it
        os._exit(EXIT_LOST)


def _pass_on(number: int, frame: FrameType | None) -> None:
    for child in psutil.Process().children():
        child.send_signal(number)
