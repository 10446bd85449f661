"""lesson-04: a child has its own copy of the memory. What it changes there, it changes for itself.

usage: lesson-04 [--address] [--help]

  --address       also show where n lies: at the same address in both, and yet not in the same memory
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say
from ctypes import addressof, c_int

n = c_int(100)  # a number with a place of its own in memory: in Python `n = 0` would only move the name elsewhere


def show(who, options):
    say(f"n in the {who} is {n.value}")
    if options.address:
        say(f"the address in the {who} is {addressof(n):#x}")


def task(options):
    n.value = 0
    show("child", options)


def main(options):
    p = Process(target=task, args=(options,))
    p.start()
    p.join()
    show("Lord", options)


if __name__ == "__main__":
    lesson("04", main, __doc__, flags=["--address"])
