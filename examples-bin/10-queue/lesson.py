"""A pipe, and then a queue with room for three, between two processes."""
import argparse
import json
import os
import sys
import time
from multiprocessing import Pipe, Process, Queue, set_start_method
from queue import Empty, Full

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def receiver(receiving, sending):
    sending.close()  # fork gave us a copy of the sending end: as long as any copy is open, no end of file comes
    try:
        while True:
            print(f"pipe: the child received {text(receiving.recv())}")
    except EOFError:
        print("pipe: the child met the end of file")


def pipe():
    """What goes in at one end comes out at the other, in the same order."""
    receiving, sending = Pipe(duplex=False)
    child = Process(target=receiver, args=(receiving, sending))
    child.start()
    receiving.close()
    print('pipe: the Lord sends {"x":2}, "two" and 3, then closes its end')
    for item in [{"x": 2}, "two", 3]:
        sending.send(item)
    sending.close()
    child.join()


def queue():
    """A pipe and locks, so that any number of processes may put and get. This one has room for three."""
    basket = Queue(3)
    show_state(basket)
    for item in [{"x": 2}, "two", 3]:
        basket.put(item)
        print(f"put {text(item)}")
    print("The basket is full")
    while basket.empty():
        time.sleep(0.001)  # put() leaves the writing to a thread of ours: what is put is visible a moment later
    show_state(basket)
    show_refusal("put 4 without waiting", lambda: basket.put(4, block=False))
    show_refusal("put 4 with a timeout", lambda: basket.put(4, timeout=1 * PACE))
    for _ in range(3):
        print(f"got {text(basket.get())}")
    print("The queue is empty")
    show_state(basket)
    show_refusal("get without waiting", lambda: basket.get(block=False))
    show_refusal("get with a timeout", lambda: basket.get(timeout=1 * PACE))
    basket.close()
    basket.join_thread()  # a process should have no second thread when it forks


def taker(basket):
    while (item := basket.get()) is not None:
        print(f"the child got {text(item)}")
    print("the child got null, the sign to stop")


def between_processes():
    basket = Queue(3)
    child = Process(target=taker, args=(basket,))
    child.start()
    print('the Lord puts {"x":2}, "two", 3, 4, 5 and null: three fit, the others wait for the child')
    for item in [{"x": 2}, "two", 3, 4, 5, None]:
        basket.put(item)
    child.join()
    return basket


def text(item):
    return json.dumps(item, separators=(",", ":"))


def show_state(basket):
    print(f"empty: {'yes' if basket.empty() else 'no'}, full: {'yes' if basket.full() else 'no'}")


def show_refusal(what, action):
    """Does what must be refused, and tells how long that took if it was to wait."""
    start = time.monotonic()
    try:
        action()
    except (Full, Empty) as refusal:
        after = f" after {time.monotonic() - start:.2f} s" if "timeout" in what else ""
        print(f"{what}: {type(refusal).__name__}{after}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--block", action="store_true", help="end with a get that waits for ever, as the tutorial does")
    options = parser.parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for

    pipe()
    queue()
    basket = between_processes()
    if options.block:
        print("the Lord gets, and waits for ever")
        basket.get()
    print("one more get would wait for ever (see --block)")
