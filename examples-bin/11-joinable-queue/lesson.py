"""lesson-11: cooks put food into a queue, eaters take it out and say when they are done with it.

When the cooks are through and all is eaten, the program ends, and the eaters, who are daemons, end with it.

usage: lesson-11 [--producers N] [--consumers N] [--items N] [--seed N] [--help]

  --producers N   how many cook (default 2, at most 100)
  --consumers N   how many eat (default 2, at most 100)
  --items N       how much each cook makes (default 10, at most 1000)
  --seed N        the same waits in every run; each process still has its own
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, lesson, say, sleep, usage_error
from multiprocessing import JoinableQueue
from random import Random

COOKS = [("Little King", "Bun"), ("Cho", "Shredded potato")] + [(f"Chef {i}", f"Dish{i}-") for i in range(3, 101)]
EATERS = ["Dai", "Little Yang"] + [f"Eater {i}" for i in range(3, 101)]


def waits(seed, name):
    """A generator for one process alone: copied by fork, one generator would give all of them the same waits."""
    return Random() if seed is None else Random(f"{seed} {name}")


def producer(name, food, items, seed, q):
    random = waits(seed, name)
    for i in range(items):
        res = f"{food}{i}"
        sleep(random.uniform(1, 3))
        say(f"Chef {name} generated {res}")  # before the put: nobody can eat it any sooner
        q.put(res)


def consumer(name, seed, q):
    random = waits(seed, name)
    while True:
        res = q.get()
        sleep(random.uniform(1, 3))
        say(f"Eat{name} ate{res}")
        q.task_done()  # one less to wait for


def main(options):
    if options.consumers == 0 and options.producers > 0 and options.items > 0:
        usage_error("with --consumers 0 nobody eats, and the lesson would never end")
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


if __name__ == "__main__":
    lesson("11", main, __doc__, numbers={"--producers": (2, 100), "--consumers": (2, 100), "--items": (10, 1000),
                                         "--seed": (None, 2**64 - 1)})
