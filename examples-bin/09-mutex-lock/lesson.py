"""lesson-09: many passersby, few tickets: without a lock the same ticket is sold again and again.

Three ways to sell, one after another, each with a fresh ticket file: unlocked (all at once), joined (each passerby
starts when the one before has gone), locked (all look at once, and buy one at a time).

usage: lesson-09 [unlocked|joined|locked] [--tickets N] [--passersby N] [--file PATH] [--help]

  unlocked, joined, locked
                  only this way
  --tickets N     tickets in the fresh file (default 10, at most 1000000)
  --passersby N   passersby (default 10, at most 1000); unlocked oversells if there are two of them, and a ticket
  --file PATH     with one way: sell from this ticket file, as it stands: {"count": 10}, a whole number from 0 on
  --help          show this text
"""
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../kit")
from lesson_kit import Process, fail, lesson, private_folder, quoted, reason, say, sleep, usage_error
import fcntl
import json
import random
import shutil
import stat
import time
from contextlib import contextmanager
from multiprocessing import Pipe


# ---- the lesson ------------------------------------------------------------------------------------------------------

def search(name, path):
    count = read(path)["count"]
    sleep(random.uniform(0, 0.3))  # looking takes a while
    say(f"{name} Viewed remaining tickets as {count}")


def get(name, path, folder, meeting, sold):
    dic = read(path)
    sleep(0.2)  # the network
    if meeting:
        meet(*meeting)
    if dic["count"] > 0:
        dic["count"] -= 1  # of what was read a while ago, not of what is there now
        write(path, dic, f"{folder}/{name}")
        say(f"{name} Ticket Purchased Successfully")
        sold.send(name)
    else:
        say(f"{name} Viewed no more tickets")


def task(name, way, path, folder, meeting, sold):
    search(name, path)  # reading does no harm: at once
    if way == "locked":
        with locked(f"{folder}/lock"):
            get(name, path, folder, None, sold)  # reading and writing what was read: one at a time
    else:
        get(name, path, folder, meeting, sold)


@contextmanager
def locked(path):
    """multiprocessing.Lock would do, but if its holder is killed it stays taken for ever. This one the kernel frees.

    Each process opens the file for itself: through an inherited descriptor the lock would let everybody in.
    """
    with open(path, "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def meet(all_here, not_all):
    """Waits until all have read and nobody has written: what happens by bad luck now and then, happens every time.

    Each closes its copy of the sending end; when the last one has, or has died, the pipe is at its end for all.
    """
    not_all.close()
    all_here.poll(None)


def sell(way, path, folder, passersby):
    tickets = read(path)["count"]
    meeting = Pipe(duplex=False) if way == "unlocked" else None
    receipts, sold = Pipe(duplex=False)
    start = time.monotonic()
    p_l = []
    for i in range(passersby):
        p = Process(target=task, args=(f"passerby{i}", way, path, folder, meeting, sold))
        p.start()
        if way == "joined":
            p.join()  # join makes the whole task serial, the looking too
        p_l.append(p)
    if meeting:
        meeting[1].close()  # our copy of the sending end
    sold.close()
    purchases = count_receipts(receipts)  # until the last passerby has gone, and with him the last sending end
    for p in p_l:
        p.join()
    seconds = time.monotonic() - start
    left = read(path)["count"]
    oversold = max(0, purchases + left - tickets)
    say(f"{way}: sold {purchases} of {tickets}, {left} left in the file, {oversold} oversold")
    return [way, str(purchases), str(left), str(oversold), f"{seconds:.2f}"]


def main(options):
    if options.file is not None:
        if options.word is None:
            usage_error("--file needs one way: unlocked, joined or locked")
        if options.tickets is not None:
            usage_error("--tickets and --file exclude each other: the file says how many tickets there are")
        read(options.file)  # a bad file is told before anything happens
        path = os.path.realpath(options.file)
        try:
            folder = private_folder(beside=os.path.dirname(path))
        except OSError as error:
            fail(f"ticket file {quoted(options.file)}: cannot write in its folder: {reason(error)}")
        sell(options.word, path, folder, options.passersby)
        return
    folder = private_folder()
    ways = [options.word] if options.word else ["unlocked", "joined", "locked"]
    table = [["way", "sold", "left", "oversold", "seconds"]]
    for way in ways:
        path = f"{folder}/tickets.json"
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"count": 10 if options.tickets is None else options.tickets}, f)
        table.append(sell(way, path, folder, options.passersby))
    if len(ways) > 1:
        widths = [max(map(len, column)) + 2 for column in zip(*table)]
        for row in table:
            say("".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip())


# ---- the ticket file -------------------------------------------------------------------------------------------------

def read(path):
    def bad(why):
        fail(f"ticket file {quoted(path)}: {why}")

    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):  # to open a FIFO would be to wait for ever
            bad("is a directory" if stat.S_ISDIR(mode) else "is not a regular file")
        with open(path, encoding="utf-8") as f:
            dic = json.load(f)
    except OSError as error:
        bad(reason(error))
    except (ValueError, RecursionError) as error:
        bad(f"not JSON: {reason(error)}")
    if not isinstance(dic, dict) or "count" not in dic:
        bad('no "count" in it')
    if type(dic["count"]) is not int or not 0 <= dic["count"] < 2**64:  # not isinstance(): True is an int to it
        bad(f'"count" must be a whole number from 0 to {2**64 - 1}, not {json.dumps(dic["count"])[:60]}')
    return dic


def write(path, dic, draft):
    """Nobody ever reads half a file: the new one is written elsewhere and takes the old one's place in one step."""
    try:
        with open(draft, "w", encoding="utf-8") as f:
            json.dump(dic, f)
        shutil.copymode(path, draft)
        os.replace(draft, path)
    except OSError as error:
        fail(f"ticket file {quoted(path)}: {reason(error)}")


def count_receipts(receipts):
    count = 0
    try:
        while receipts.recv():
            count += 1
    except EOFError:
        return count


if __name__ == "__main__":
    lesson("09", main, __doc__, words=["unlocked", "joined", "locked"], texts=["--file"],
           numbers={"--tickets": (None, 1_000_000), "--passersby": (10, 1000)})
