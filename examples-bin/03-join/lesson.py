"""lesson-03: join waits for a process. Three of 1, 2 and 3 seconds, all at once, take three seconds together.

usage: lesson-03 [--serial] [--help]

  --serial        join each one before the next is started: six seconds together
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say, sleep
import time


def task(name, n):
    say(f"{name} is running")
    sleep(n)
    say(f"{name} is done")


def main(options):
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
    say(f"Lord {time.monotonic() - start:.6f}")


if __name__ == "__main__":
    lesson("03", main, __doc__, flags=["--serial"])
