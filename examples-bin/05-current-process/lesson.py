"""lesson-05: every process has a number of its own, the pid. current_process tells it, wherever you are.

usage: lesson-05 [--help]

  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
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
