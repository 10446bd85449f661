"""join waits for a process. Three of 1, 2 and 3 seconds, all at once, take three seconds together."""
import argparse
import os
import sys
import time
from multiprocessing import Process, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task(name, n):
    print(f"{name} is running")
    time.sleep(n * PACE)
    print(f"{name} is done")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serial", action="store_true", help="join each one before the next is started")
    options = parser.parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for

    start = time.monotonic()
    p_l = []
    for i in range(1, 4):
        p = Process(target=task, args=(f"Little King{i}", i))
        p.start()
        if options.serial:
            p.join()  # here, the next one is not even started before this one is done
        p_l.append(p)
    for p in p_l:
        p.join()  # here, they all run while we wait: the wait is as long as the longest
    print("Lord", time.monotonic() - start)
