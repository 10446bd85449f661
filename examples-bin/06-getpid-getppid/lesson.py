"""lesson-06: every process was started by another one, its parent. The system knows both numbers.

usage: lesson-06 [--help]

  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say, sleep


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
