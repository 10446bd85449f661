"""Many passersby, few tickets: without a lock the same ticket is sold again and again.

Three ways to sell, one after another, each with a fresh ticket file: unlocked (all at once), joined (each passerby
starts when the one before has gone), locked (all look at once, and buy one at a time).
"""
import argparse
import json
import os
import random
import sys
import tempfile
import time
from contextlib import nullcontext
from multiprocessing import Barrier, Lock, Process, Queue, set_start_method

PACE = float(os.environ.get("LESSON_PACE", 1))  # how long a second of the tutorial lasts
sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece


def search(name, path):
    dic = read(path)
    time.sleep(random.uniform(0, 0.3) * PACE)  # looking takes a while
    print(f"{name} Viewed remaining tickets as {dic['count']}")


def get(name, path, meeting, sold):
    dic = read(path)
    time.sleep(0.2 * PACE)  # the network
    if meeting:
        meeting.wait()  # what happens by bad luck now and then, happens every time
    if dic["count"] > 0:
        dic["count"] -= 1  # of what was read a while ago, not of what is there now
        write(path, dic, name)
        print(f"{name} Ticket Purchased Successfully")
        sold.put(name)
    else:
        print(f"{name} Viewed no more tickets")


def task(name, path, mutex, meeting, sold):
    search(name, path)  # reading does no harm: at once
    with mutex:  # reading and then writing what was read: one at a time
        get(name, path, meeting, sold)


def sell(way, path, passersby):
    """Sells in one of the three ways, and tells how it went."""
    tickets = read(path)["count"]
    mutex = Lock() if way == "locked" else nullcontext()
    meeting = Barrier(passersby) if way == "unlocked" and passersby > 0 else None
    sold = Queue()
    start = time.monotonic()
    p_l = []
    for i in range(passersby):
        p = Process(target=task, args=(f"passerby{i}", path, mutex, meeting, sold))
        p.start()
        if way == "joined":
            p.join()  # join makes the whole task serial, the looking too
        p_l.append(p)
    for p in p_l:
        p.join()
    seconds = time.monotonic() - start
    purchases, left = sold.qsize(), read(path)["count"]
    oversold = purchases + left - tickets
    print(f"{way}: sold {purchases} of {tickets}, {left} left in the file, {oversold} oversold")
    return f"{way:<10}{purchases:<6}{left:<6}{oversold:<10}{seconds:.2f}"


def read(path):
    with open(path, "rt", encoding="utf-8") as f:
        return json.load(f)


def write(path, dic, name):
    """Nobody ever reads half a file: the new one is written beside it and takes its place in one step."""
    draft = f"{path}.{name}"
    with open(draft, "wt", encoding="utf-8") as f:
        json.dump(dic, f)
    os.replace(draft, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", nargs="?", choices=["unlocked", "joined", "locked"], help="only this way")
    parser.add_argument("--tickets", type=int, default=10, help="tickets in the fresh file (default 10)")
    parser.add_argument("--passersby", type=int, default=10, help="how many come (default 10)")
    parser.add_argument("--file", help="with one way: sell from this ticket file, as it stands")
    options = parser.parse_args()
    if options.file and not options.way:
        parser.error("--file needs one way: unlocked, joined or locked")
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for

    if options.file:
        sell(options.way, options.file, options.passersby)
        sys.exit()
    table = ["way       sold  left  oversold  seconds"]
    with tempfile.TemporaryDirectory() as folder:
        for way in [options.way] if options.way else ["unlocked", "joined", "locked"]:
            path = f"{folder}/{way}.json"
            with open(path, "wt", encoding="utf-8") as f:
                json.dump({"count": options.tickets}, f)
            table.append(sell(way, path, options.passersby))
    if not options.way:
        print("\n".join(table))
