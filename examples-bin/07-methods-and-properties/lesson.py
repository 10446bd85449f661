"""lesson-07: a process has a name, can be ended by another one, and tells how it ended.

usage: lesson-07 [--help]

  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say
import signal
import time


def task():
    say(f"{os.getpid()} is running Dad is {os.getppid()}")
    time.sleep(60)  # real seconds at every pace: the signal always comes first
    say(f"{os.getpid()} is done dad is {os.getppid()}")


def in_words(exitcode):
    """An exit code below zero is the signal that ended the process."""
    return f"-{signal.Signals(-exitcode).name}" if exitcode < 0 else str(exitcode)


def main(options):
    p = Process(target=task)
    p.start()
    say(p.name)
    p.terminate()
    say(p.is_alive())  # True or False: the signal is sent, which does not mean that it has arrived
    p.join()
    say(p.is_alive())
    say(in_words(p.exitcode))
    say(f"Lord {os.getpid()} father is {os.getppid()}")


if __name__ == "__main__":
    lesson("07", main, __doc__)
