"""start makes a second process, and both go on at the same time."""
import argparse
import os
import sys
import time
from multiprocessing import Process, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task(name):
    print(f"{name} is running")
    time.sleep(3 * PACE)
    print(f"{name} is done")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    p = Process(target=task, args=("Little King",))
    p.start()  # asks the system for a process and goes on: "Lord" and "running" come in either order
    print("Lord")
    # Nothing joins, and still "done" comes before the program ends: it waits for its children.
