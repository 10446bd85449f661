"""CPython's side of `make bench`: does the work that the arguments name with multiprocessing, and prints one figure.

The figure is a cost, in nanoseconds per operation as a rule. How it is measured is what bench/sides does in Rust: as
many operations as take BENCH_SAMPLE milliseconds (300 by default), after shorter runs that warm up; processes begin
together, when all are there; what passed is counted and summed.
"""
import json
import multiprocessing
import os
import shutil
import struct
import sys
import tempfile
import time

# Named, because later versions start processes in another way.
mp = multiprocessing.get_context("fork")
LEAST = int(os.environ.get("BENCH_SAMPLE", "300")) * 1_000_000
QUICK = LEAST < 300_000_000
WAITING = 100_000


def sample(step, run):
    count = step
    run(count)
    while True:
        took = run(count)
        if took >= LEAST:
            return took / count
        more = min(max(1.25 * LEAST / max(took, 1), 1.5), 20.0)
        count = -(-int(count * more) // step) * step


def sample_alone(step, once):
    def run(count):
        start = time.monotonic_ns()
        for _ in range(count):
            once()
        return time.monotonic_ns() - start
    return sample(step, run)


def crew(jobs):
    """Runs each job in a process of its own: nanoseconds from "go" to the last end, and what they saw pass."""
    (here, ready), (go, say_go), (results, result) = os.pipe(), os.pipe(), os.pipe()

    def life(job):
        os.write(ready, b".")
        os.read(go, 1)
        count, total = job()
        os.write(result, struct.pack("3q", count, total, time.monotonic_ns()))

    children = [mp.Process(target=life, args=(job,), daemon=True) for job in jobs]
    for child in children:
        child.start()
    os.close(result)
    missing = len(jobs)
    while missing:
        missing -= len(os.read(here, missing))
    start = time.monotonic_ns()
    os.write(say_go, b"." * len(jobs))
    all_counts = all_sums = end = 0
    for _ in jobs:
        words = os.read(results, 24)
        assert len(words) == 24, "a process failed"
        count, total, when = struct.unpack("3q", words)
        all_counts, all_sums, end = all_counts + count, all_sums + total, max(end, when)
    for child in children:
        child.join()
    for fd in here, ready, go, say_go, results:
        os.close(fd)
    return end - start, all_counts, all_sums


def crew_exactly(jobs, count):
    took, seen, total = crew(jobs)
    assert (seen, total) == (count, count * (count - 1) // 2), "something was lost, doubled or changed"
    return took


# ---- items: how to make one with a number, and how to read it ---------------------------------------------------------

def text_item(size):
    tail = "x" * (size - 2 - 10)

    def read(item):
        assert len(item) == size - 2
        return int(item[:10])
    return lambda number: f"{number:010d}{tail}", read


def json_item():
    def read(item):
        assert item["name"] == "passerby7" and item["count"] == 10 and item["sold"]
        return item["id"]
    return lambda number: {"id": number, "name": "passerby7", "count": 10, "sold": True}, read


ITEMS = {"64": text_item(64), "json": json_item(), "64k": text_item(64 << 10), "1m": text_item(1 << 20)}


# ---- the work --------------------------------------------------------------------------------------------------------

def nothing():
    pass


def start(mebibytes):
    memory = bytearray(b"\1") * (int(mebibytes) << 20)

    def once():
        child = mp.Process(target=nothing)
        child.start()
        child.join()
        assert child.exitcode == 0
    figure = sample_alone(5, once)
    assert len(memory) == int(mebibytes) << 20
    return figure


def lock(processes, place):
    processes, mutex = int(processes), mp.Lock()

    def alone():
        with mutex:
            pass
    if processes == 1:
        return sample_alone(1000, alone)
    memory = mp.RawValue("Q", 0)
    file = tempfile.TemporaryFile()
    fd = file.fileno()

    def in_memory():
        memory.value += 1

    def in_file():
        os.pwrite(fd, struct.pack("Q", struct.unpack("Q", os.pread(fd, 8, 0))[0] + 1), 0)

    def nowhere():
        pass

    add_one = {"memory": in_memory, "file": in_file, "nowhere": nowhere}[place]

    def run(count):
        memory.value = 0
        os.pwrite(fd, struct.pack("Q", 0), 0)

        def job():
            for _ in range(count // processes):
                with mutex:
                    add_one()
            return 0, 0
        took, _, _ = crew([job] * processes)
        found = {"memory": memory.value, "file": struct.unpack("Q", os.pread(fd, 8, 0))[0], "nowhere": count}
        assert found[place] == count
        return took
    return sample(100 * processes, run)


def teams(item, n, make, done, at_the_end):
    make_item, read = ITEMS[item]
    n = int(n)

    def run(count):
        queue, share = make(), count // n

        def putter(i):
            def job():
                for number in range(i * share, (i + 1) * share):
                    queue.put(make_item(number))
                at_the_end(queue)
                return 0, 0
            return job

        def getter():
            total = 0
            for _ in range(share):
                total += read(queue.get())
                done(queue)
            return share, total
        jobs = []
        for i in range(n):
            jobs += [putter(i), getter]
        return crew_exactly(jobs, count)
    return sample(10 * n, run)


def queue(item, n):
    return teams(item, n, mp.Queue, lambda queue: None, lambda queue: None)


def bounded(item, n):
    return teams(item, n, lambda: mp.Queue(1000), lambda queue: None, lambda queue: None)


def joinable(item, n):
    return teams(item, n, mp.JoinableQueue, lambda queue: queue.task_done(), lambda queue: queue.join())


def million(item):
    (make, read), count, queue = ITEMS[item], 10_000 if QUICK else 1_000_000, mp.Queue()
    start = time.monotonic_ns()
    for number in range(count):
        queue.put(make(number))
    for number in range(count):
        assert read(queue.get()) == number
    return (time.monotonic_ns() - start) / count


def lagging(item):
    (make, read), put = ITEMS[item], mp.RawValue("Q", 0)

    def run(count):
        queue = mp.Queue()
        put.value = 0

        def putter():
            for number in range(count):
                queue.put(make(number))
                put.value = number + 1
            return 0, 0

        def getter():
            total = 0
            for number in range(count):
                while put.value < min(count, number + 10_000):
                    os.sched_yield()
                total += read(queue.get())
            return count, total
        return crew_exactly([putter, getter], count)
    return sample(10, run)


def latency():
    make, read = ITEMS["64"]

    def run(count):
        there, back = mp.Queue(), mp.Queue()

        def asks():
            total = 0
            for number in range(count):
                there.put(make(number))
                total += read(back.get())
            return count, total

        def answers():
            for _ in range(count):
                back.put(there.get())
            return 0, 0
        return crew_exactly([asks, answers], count)
    return sample(100, run) / 2


def wakeups():
    messages = min(max(1000 * LEAST // 300_000_000, 50), 1000)
    queue, seen = mp.Queue(), mp.SimpleQueue()

    def consume():
        count = total = 0
        while number := queue.get():
            count, total = count + 1, total + number
        seen.put((count, total))

    def sleeps():
        total = 0
        for consumer in consumers:
            with open(f"/proc/{consumer.pid}/status") as status:
                total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches:"))
        return total

    consumers = [mp.Process(target=consume, daemon=True) for _ in range(10)]
    for consumer in consumers:
        consumer.start()
    time.sleep(0.4)
    before = sleeps()
    for number in range(1, messages + 1):
        queue.put(number)
        time.sleep(0.001)
    time.sleep(0.05)
    after = sleeps()
    for _ in consumers:
        queue.put(0)
    found = [seen.get() for _ in consumers]
    for consumer in consumers:
        consumer.join()
    assert [sum(column) for column in zip(*found)] == [messages, messages * (messages + 1) // 2]
    return (after - before) / messages


def used_queues(number):
    queues = [mp.Queue(100) for _ in range(number)]
    for queue in queues:
        queue.put(7)
        assert queue.get() == 7
    return queues


def occupied():
    with open("/proc/self/smaps_rollup") as rollup:
        lines = [line.split() for line in rollup]
    return 1024 * sum(int(line[1]) for line in lines if line[0] in ("Pss_Anon:", "Pss_File:", "Pss_Shmem:"))


def with_a_backlog():
    (make, read), queue = ITEMS["64"], mp.Queue()
    queue.put(make(0))
    queue.get()
    before = occupied()
    for number in range(WAITING):
        queue.put(make(number))
    return before, queue, read


def waiting():
    before, queue, _ = with_a_backlog()
    figure = (occupied() - before) / WAITING
    queue.cancel_join_thread()
    return figure


def gone():
    before, queue, read = with_a_backlog()
    for number in range(WAITING):
        assert read(queue.get()) == number
    return max(occupied() - before, 0)


def memory():
    first = used_queues(1)
    before = occupied()
    queues = used_queues(20)
    return max(occupied() - before, 0) / len(queues), first


def descriptors():
    first = used_queues(1)
    before = len(os.listdir("/proc/self/fd"))
    queues = used_queues(20)
    return (len(os.listdir("/proc/self/fd")) - before) / len(queues), first


def tickets():
    folder = tempfile.mkdtemp(prefix="procession-bench-")
    path, mutex, each = f"{folder}/tickets.json", mp.Lock(), 50 if QUICK else 1000

    def passerby(i):
        draft = f"{folder}/draft-{i}"
        for _ in range(each):
            with mutex:
                with open(path) as f:
                    found = json.load(f)
                found["count"] -= 1
                with open(draft, "w") as f:
                    json.dump(found, f)
                os.replace(draft, path)

    try:
        with open(path, "w") as f:
            json.dump({"count": 10 * each}, f)
        start = time.monotonic_ns()
        passersby = [mp.Process(target=passerby, args=(i,)) for i in range(10)]
        for one in passersby:
            one.start()
        for one in passersby:
            one.join()
            assert one.exitcode == 0
        took = time.monotonic_ns() - start
        with open(path) as f:
            assert json.load(f)["count"] == 0
        return took / (10 * each)
    finally:
        shutil.rmtree(folder)


WORK = {work.__name__: work for work in
        (start, lock, queue, bounded, joinable, million, lagging, latency, wakeups, memory, waiting, gone, descriptors,
         tickets)}

if __name__ == "__main__":
    figure = WORK[sys.argv[1]](*sys.argv[2:])
    print(figure[0] if isinstance(figure, tuple) else figure)
