"""A child has its own copy of the memory. What it changes there, it changes for itself."""
import argparse
import sys
from multiprocessing import Process, set_start_method

sys.stdout.reconfigure(line_buffering=True, write_through=False)  # each line whole, in one piece

n = 100


def task(address):
    global n
    n = 0
    show("child", address)


def show(who, address):
    print(f"n in the {who} is {n}")
    if address:
        print(f"the address in the {who} is {id(globals()):#x}")  # of the dictionary that n is in


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", action="store_true", help="also show where the module keeps n: "
                        "at the same address in both, and yet not in the same memory")
    options = parser.parse_args()
    set_start_method("fork")  # the way of the tutorial; from Python 3.14 on it has to be asked for
    p = Process(target=task, args=(options.address,))
    p.start()
    p.join()
    show("Lord", options.address)
