"""Every process has a number of its own, the pid. current_process tells it, wherever you are."""
import argparse
import os
import sys
import time
from multiprocessing import Process, current_process, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task():
    print(f"{current_process().pid} is running")
    time.sleep(3 * PACE)
    print(f"{current_process().pid} is done")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    p = Process(target=task)
    p.start()
    print("Lord", current_process().pid)
