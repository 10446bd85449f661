"""A daemon does not outlive its master: when the main process ends, it is ended with it."""
import argparse
import os
import sys
import time
from multiprocessing import Event, Process, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def task(name, up, dying):
    print(f"{name} alive")
    up.set()
    dying.wait()
    time.sleep(3)  # real seconds at every pace: a daemon does not see the end of them
    print(f"{name} normal death")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--not-daemon", action="store_true", help="an ordinary process: the program waits for it")
    options = parser.parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for

    up, dying = Event(), Event()
    p1 = Process(target=task, args=("Old Eunuch", up, dying))
    p1.daemon = not options.not_daemon  # before the start
    p1.start()
    up.wait()  # the Emperor's last second begins when the eunuch is up
    time.sleep(1 * PACE)
    print("The Emperor is dying")
    dying.set()
