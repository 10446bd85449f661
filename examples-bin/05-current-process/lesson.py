"""lesson-05: current_process() is the process that asks, and each has a pid of its own.

usage: lesson-05 [--help]

  --help          show this text
"""
import sys
from pathlib import Path
sys.path.append(str(Path(__file__).resolve().parents[1] / "kit"))
from lesson_kit import Process, lesson, say, sleep
from multiprocessing import current_process


def task():
    say(f"{current_process().pid} is running")
    sleep(3)
    say(f"{current_process().pid} is done")


def main(options):
    p = Process(target=task)
    p.start()
    say(f"Lord {current_process().pid}")


if __name__ == "__main__":
    lesson("05", main, __doc__)
