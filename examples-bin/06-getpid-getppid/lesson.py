"""Every process was started by another one, its parent. The system knows both numbers."""
import argparse
import os
import sys
import time
from multiprocessing import Process, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task():
    print(f"{os.getpid()} is running Dad is {os.getppid()}")
    time.sleep(3 * PACE)
    print(f"{os.getpid()} is done dad is {os.getppid()}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    p = Process(target=task)
    p.start()
    print(f"Lord {os.getpid()} father is {os.getppid()}")  # the father is whoever ran us: the shell, make, a test
