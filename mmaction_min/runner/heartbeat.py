"""Heartbeat: a process that is killed, or that no longer runs, ends the others, whatever they wait for.

A collective waits for a rank that is gone, and NCCL's for many minutes. So each process has a thread that counts in
torchrun's key-value store, and looks whether the next rank's counter still moves. Who misses one says so in the store,
where everybody looks, and all end; torchrun then ends what is left, or starts anew.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta

from torch.distributed import PrefixStore, TCPStore  # type: ignore[attr-defined]

SECONDS = 20
"""How long a process may be silent. torchrun takes up to 30 more to kill one that is stopped: together below a minute."""


def open_store(
    rank: int | None, timeout: timedelta = timedelta(minutes=5)
) -> PrefixStore:
    """A connection to the store of this start of the processes.

    torchrun's static rendezvous keeps its store when it starts them again, with the addresses of the dead ones in it.

    Args:
        rank: of this process, where it should keep the store if torchrun's agent does not; None where it is kept already.
        timeout: of each call to it.
    """
    agent_keeps_it = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    store = TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        is_master=rank == 0 and not agent_keeps_it,
        wait_for_workers=False,
        timeout=timeout,
    )
    start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    return PrefixStore(f"mmaction_min/{start}", store)


class Heartbeat(threading.Thread):
    """Counts, and watches the next rank; ends this process with exit code 1 if one is gone.

    Args:
        rank: this process.
        world_size: how many there are.
        silence: beats, one a second, that the next rank may miss. They are counted by this process' own, so that one
            that was stopped and goes on does not take the others for gone.
    """

    def __init__(
        self,
        rank: int,
        world_size: int,
        silence: int = SECONDS,
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.rank, self.silence = rank, silence
        self.next = (rank + 1) % world_size
        self.store = open_store(None, timedelta(seconds=silence))
        self._done = threading.Event()

    def stop(self) -> None:
        """End the watch: all have come to the end."""
        self._done.set()

    def run(self) -> None:
        """The thread."""
        try:
            gone = self._watch()
        except RuntimeError:  # torch's error for a store that does not answer
            gone = "whoever keeps the store (torchrun, or rank 0)"
            self._done.wait(2)  # or all is over, and its keeper was faster
        if gone and not self._done.is_set():
            print(
                f"error: rank {self.rank}: {gone} is gone, or has not moved for {self.silence} s",
                file=sys.stderr,
                flush=True,
            )
            os._exit(1)

    def _watch(self) -> str:
        """Who is gone; empty when the run ends."""
        beats, last, silent = 0, b"", 0
        while not self._done.wait(1):
            beats += 1
            self.store.set(f"beat/{self.rank}", str(beats))
            if self.store.check(["gone"]):
                return self.store.get("gone").decode()
            key = f"beat/{self.next}"
            now = self.store.get(key) if self.store.check([key]) else b""
            silent = silent + 1 if now == last else 0
            last = now
            if silent > self.silence:
                self.store.set("gone", f"rank {self.next}")
        return ""
