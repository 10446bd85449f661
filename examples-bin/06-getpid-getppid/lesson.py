"""lesson-06: the system knows each process by its pid, and knows who started it.

usage: lesson-06 [--help]

  --help          show this text
"""
import sys
from pathlib import Path
sys.path.append(str(Path(__file__).resolve().parents[1] / "kit"))
from lesson_kit import Process, lesson, say, sleep
import os


def task():
    say(f"{os.getpid()} is running Dad is {os.getppid()}")
    sleep(3)
    say(f"{os.getpid()} is done dad is {os.getppid()}")


def main(options):
    p = Process(target=task)
    p.start()
    say(f"Lord {os.getpid()} father is {os.getppid()}")  # the father is whoever ran us: the shell, make, a test


if __name__ == "__main__":
    lesson("06", main, __doc__)
