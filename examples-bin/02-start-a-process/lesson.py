"""lesson-02: start makes a second process, and both go on at the same time.

usage: lesson-02 [--help]

  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say, sleep


def task(name):
    say(f"{name} is running")
    sleep(3)
    say(f"{name} is done")


def main(options):
    p = Process(target=task, args=("Little King",))
    p.start()  # asks the system for a process and goes on: "Lord" and "running" come in either order
    say("Lord")
    # Nothing joins, and still "done" comes before the program ends: it waits for its children.


if __name__ == "__main__":
    lesson("02", main, __doc__)
