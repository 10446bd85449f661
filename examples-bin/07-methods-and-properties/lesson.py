"""A process has a name, can be ended by another one, and tells how it ended."""
import argparse
import os
import signal
import sys
import time
from multiprocessing import Process, set_start_method

sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task():
    print(f"{os.getpid()} is running Dad is {os.getppid()}")
    time.sleep(60)  # real seconds at every pace: the signal always comes first
    print(f"{os.getpid()} is done dad is {os.getppid()}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    p = Process(target=task)
    p.start()
    print(p.name)
    p.terminate()
    print(p.is_alive())  # True or False: the signal is sent, which does not mean that it has arrived
    p.join()
    print(p.is_alive())
    print(f"-{signal.Signals(-p.exitcode).name}")  # below zero: the signal that ended it
    print(f"Lord {os.getpid()} father is {os.getppid()}")
