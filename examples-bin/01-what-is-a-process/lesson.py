"""A process is a running program, and one CPU does one thing at a time.

One busy child alone, then two at once on the same CPU, then two on two CPUs. Each does the same work.
"""
import argparse
import os
import sys
import time
from multiprocessing import Pipe, Process, set_start_method

sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece

WORK = 15_000_000  # rounds of doing nothing: about 0.2 s of one CPU


def busy(wire):
    wire.send("ready")
    wire.recv()  # all begin together
    start, used = time.monotonic(), time.process_time()
    for _ in range(WORK):
        pass
    wire.send((start, time.monotonic(), time.process_time() - used))


def measure(children, cpus):
    """One row of the table: so many busy children at once on these CPUs."""
    os.sched_setaffinity(0, cpus)  # the children inherit it
    wires = []
    for _ in range(children):
        wire, childs_end = Pipe()
        Process(target=busy, args=(childs_end,)).start()
        childs_end.close()
        wires.append(wire)
    for wire in wires:
        wire.recv()
    for wire in wires:
        wire.send("go")
    starts, ends, used = zip(*[wire.recv() for wire in wires])
    row(children, len(cpus), f"{sum(used) / children:<12.2f}{max(ends) - min(starts):.2f}")


def row(children, cpus, rest):
    print(f"{children:<10}{cpus:<6}{rest}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    print(f"{os.getpid()} is a process running {os.path.basename(sys.argv[0])}")
    allowed = sorted(os.sched_getaffinity(0))
    row("children", "CPUs", "CPU s each  wall s")
    measure(1, allowed[:1])
    measure(2, allowed[:1])  # the same CPU time each, but they take turns: twice the wall time
    if len(allowed) > 1:
        measure(2, allowed[:2])
    else:
        row(2, 2, "(this machine gives only one CPU)")
