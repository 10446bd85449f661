"""lesson-10: a pipe, and then a queue with room for three, between two processes.

usage: lesson-10 [--block] [--help]

  --block         end as the tutorial does, with a get that waits for ever (Ctrl-C ends it)
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, pace, say
import json
import time
from multiprocessing import Pipe, Queue
from queue import Empty, Full


def text(item):
    return json.dumps(item, separators=(",", ":"))


def receiver(receiving, sending):
    sending.close()  # fork gave us a copy of the sending end: as long as any copy is open, no end of file comes
    try:
        while True:
            say(f"pipe: the child received {text(receiving.recv())}")
    except EOFError:
        say("pipe: the child met the end of file")


def taker(basket):
    while (item := basket.get()) is not None:
        say(f"the child got {text(item)}")
    say("the child got null, the sign to stop")


def state(basket):
    say(f"empty: {'yes' if basket.empty() else 'no'}, full: {'yes' if basket.full() else 'no'}")


def refused(what, refusal, action):
    """Does what must be refused, and tells how long that took."""
    start = time.monotonic()
    try:
        action()
    except refusal:
        seconds = time.monotonic() - start
        say(f"{what}: {refusal.__name__}" + (f" after {seconds:.2f} s" if "timeout" in what else ""))


def main(options):
    # A pipe: what goes in at one end comes out at the other, in the same order.
    receiving, sending = Pipe(duplex=False)
    child = Process(target=receiver, args=(receiving, sending))
    child.start()
    receiving.close()
    say('pipe: the Lord sends {"x":2}, "two" and 3, then closes his end')
    for item in [{"x": 2}, "two", 3]:
        sending.send(item)
    sending.close()
    child.join()

    # A queue: a pipe and locks, so that any number of processes may put and get. This one has room for three.
    basket = Queue(3)
    state(basket)
    for item in [{"x": 2}, "two", 3]:
        basket.put(item)
        say(f"put {text(item)}")
    say("The basket is full")
    while basket.empty():
        time.sleep(0.001)  # put() leaves the writing to a thread of ours: what is put is visible a moment later
    state(basket)
    refused("put 4 without waiting", Full, lambda: basket.put(4, block=False))
    refused("put 4 with a timeout", Full, lambda: basket.put(4, timeout=pace()))
    for _ in range(3):
        say(f"got {text(basket.get())}")
    say("The queue is empty")
    state(basket)
    refused("get without waiting", Empty, lambda: basket.get(block=False))
    refused("get with a timeout", Empty, lambda: basket.get(timeout=pace()))
    basket.close()
    basket.join_thread()  # a process should have no second thread when it forks

    # The same between two processes: the Lord puts, the child gets.
    basket = Queue(3)
    child = Process(target=taker, args=(basket,))
    child.start()
    say('the Lord puts {"x":2}, "two", 3, 4, 5 and null: three fit, the others wait for the child')
    for item in [{"x": 2}, "two", 3, 4, 5, None]:
        basket.put(item)
    child.join()

    if options.block:
        say("the Lord gets, and waits for ever")
        basket.get()
    say("one more get would wait for ever (see --block)")


if __name__ == "__main__":
    lesson("10", main, __doc__, flags=["--block"])
