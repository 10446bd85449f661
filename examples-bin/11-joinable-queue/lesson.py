"""Cooks put food into a queue, eaters take it out and say when they are done with it.

When the cooks are through and all is eaten, the program ends, and the eaters, who are daemons, end with it.
"""
import argparse
import os
import sys
import time
from multiprocessing import JoinableQueue, Process, set_start_method
from random import Random

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece

COOKS = [("Little King", "Bun"), ("Cho", "Shredded potato")] + [(f"Chef {i}", f"Dish{i}-") for i in range(3, 101)]
EATERS = ["Dai", "Little Yang"] + [f"Eater {i}" for i in range(3, 101)]


def producer(name, food, items, seed, q):
    random = waits(seed, name)
    for i in range(items):
        res = f"{food}{i}"
        time.sleep(random.uniform(1, 3) * PACE)
        print(f"Chef {name} generated {res}")  # before the put: nobody can eat it any sooner
        q.put(res)


def consumer(name, seed, q):
    random = waits(seed, name)
    while True:
        res = q.get()
        time.sleep(random.uniform(1, 3) * PACE)
        print(f"Eat{name} ate{res}")
        q.task_done()  # one less to wait for


def waits(seed, name):
    """A generator for one process alone: copied by fork, one generator would give all of them the same waits."""
    return Random() if seed is None else Random(f"{seed} {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--producers", type=int, default=2, help="how many cook (default 2, at most 100)")
    parser.add_argument("--consumers", type=int, default=2, help="how many eat (default 2, at most 100)")
    parser.add_argument("--items", type=int, default=10, help="how much each cook makes (default 10)")
    parser.add_argument("--seed", type=int, help="the same waits in every run; each process still has its own")
    options = parser.parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for

    q = JoinableQueue()
    producers = [Process(target=producer, args=(name, food, options.items, options.seed, q))
                 for name, food in COOKS[:options.producers]]
    consumers = [Process(target=consumer, args=(name, options.seed, q), daemon=True)
                 for name in EATERS[:options.consumers]]
    for p in producers + consumers:
        p.start()
    for p in producers:
        p.join()  # now everything has been put
    q.join()  # now everything has been eaten: the eaters wait at an empty queue, and end with us
