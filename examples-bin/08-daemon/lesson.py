"""lesson-08: a daemon does not outlive its master: when the main process ends, it is ended with it.

usage: lesson-08 [--not-daemon] [--help]

  --not-daemon    an ordinary process instead: the program waits for it
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say, sleep
from multiprocessing import Pipe


def task(name, palace):
    say(f"{name} alive")
    palace.send("alive")
    sleep(3)
    palace.poll(60)  # never before the Emperor; these are real seconds, and a daemon never sees the end of them
    say(f"{name} normal death")


def main(options):
    palace, eunuchs_end = Pipe()
    p1 = Process(target=task, args=("Old Eunuch", eunuchs_end))
    p1.daemon = not options.not_daemon  # before the start
    p1.start()
    palace.recv()  # the Emperor's last second begins when the eunuch is up
    sleep(1)
    say("The Emperor is dying")
    if options.not_daemon:
        palace.send("dead")  # a daemon will not hear of it


if __name__ == "__main__":
    lesson("08", main, __doc__, flags=["--not-daemon"])
