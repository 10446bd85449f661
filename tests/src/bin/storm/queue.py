"""The same storm over a queue of multiprocessing: queue.py (Queue|Bounded|JoinableQueue) KILLS SEED.

Three producers and three consumers, kills and stops at random moments. It prints one line of JSON: how far it came.
"""

import ctypes
import json
import mmap
import multiprocessing
import os
import random
import signal
import struct
import sys
import time

PRODUCERS = CONSUMERS = 3
AHEAD = 4000  # items
STUCK = 3.0  # seconds in which nobody gets, or nobody puts

# One word each: the number last put by each producer, and how many each consumer has received, in order and whole.
BOOKS = mmap.mmap(-1, mmap.PAGESIZE)
FAULTS = 16  # words from here: items that were corrupt or out of order


def read(word):
    return struct.unpack_from("q", BOOKS, 8 * word)[0]


def write(word, number):
    struct.pack_into("q", BOOKS, 8 * word, number)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def body(producer, number):
    dice = random.Random(producer << 56 ^ number)
    part = dice.random()
    if part < 0.97:
        size = dice.randrange(16, 253) if part < 0.75 else dice.randrange(253, 4253)
    else:
        size = dice.randrange(8000, 200001)
    return ("%016x" % dice.getrandbits(64) * (size // 16 + 1))[:size]


def produce(queue, me):
    die_with_parent()
    while True:
        # Nothing else bounds what a Queue() keeps in the memory of its producers.
        if sum(map(read, range(3))) - sum(map(read, range(3, 6))) > AHEAD:
            time.sleep(0.0005)
            continue
        number = read(me) + 1
        queue.put((me, number, body(me, number)))
        write(me, number)


def consume(queue, me):
    die_with_parent()
    while True:
        producer, number, text = queue.get()
        if text != body(producer, number):
            write(FAULTS, read(FAULTS) + 1)
        write(PRODUCERS + me, read(PRODUCERS + me) + 1)
        if hasattr(queue, "task_done"):
            queue.task_done()


def main(kind, kills, seed):
    die_with_parent()
    context = multiprocessing.get_context("fork")
    queue = context.Queue(10) if kind == "Bounded" else getattr(context, kind)()
    dice = random.Random(seed)

    def start(who):
        work, me = (produce, who) if who < PRODUCERS else (consume, who - PRODUCERS)
        worker = context.Process(target=work, args=(queue, me), daemon=True)
        worker.start()
        return worker

    def moves_on():
        put, got = sum(map(read, range(3))), sum(map(read, range(3, 6)))
        started = time.monotonic()
        while time.monotonic() - started < STUCK:
            if sum(map(read, range(3))) > put and sum(map(read, range(3, 6))) > got:
                return time.monotonic() - started
            time.sleep(0.0002)
        return None

    workers = [start(who) for who in range(PRODUCERS + CONSUMERS)]
    longest, done, stops, stuck = moves_on() or 0.0, 0, 0, False
    while done < kills and not stuck:
        time.sleep(dice.uniform(0, 0.003))
        victim = dice.randrange(len(workers))
        stopped = [dice.randrange(len(workers))] if dice.random() < 0.25 else []
        for who in stopped:
            os.kill(workers[who].pid, signal.SIGSTOP)
            stops += 1
            time.sleep(dice.uniform(0, 0.003))
        workers[victim].kill()
        workers[victim].join()
        done += 1
        for who in stopped:
            if who != victim:
                os.kill(workers[who].pid, signal.SIGCONT)
        # Here the dead one is replaced first, which is kinder.
        workers[victim] = start(victim)
        stall = moves_on()
        longest, stuck = max(longest, stall or 0.0), stall is None
    answer = dict(kills=done, stops=stops, stuck=stuck, longest=longest, faults=read(FAULTS))
    answer.update(put=sum(map(read, range(3))), received=sum(map(read, range(3, 6))))
    print(json.dumps(answer), flush=True)
    for worker in workers:
        worker.kill()
    # Not the way that waits for threads and locks of the queue.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
