"""What the Python lessons share, so that each of them shows one idea and nothing else.

    say(line)          prints a whole line at once, whoever else prints
    sleep(seconds)     sleeps tutorial seconds: LESSON_PACE says how long one lasts
    Process            multiprocessing's own Process, which in a lesson never leaves a traceback or an orphan
    private_folder()   a folder that is gone when the lesson is over
    fail(reason)       one line on stderr, exit code 1, from whichever process
    usage_error(text)  one line on stderr, exit code 2
    lesson(...)        reads the arguments, runs main(options), waits for the children

However a lesson ends, no process of it is left: Ctrl-C and SIGTERM end it at once and quietly, and so does a reader who
has seen enough (`python3 lesson.py | head -n 1`).
"""
import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports below still load: no traceback

import json
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

multiprocessing.set_start_method("fork")

NEWS = signal.SIGUSR1  # "I cannot go on, read why in the pipe": from a child to the main process
STOPS = [NEWS, signal.SIGTERM]
# nohup and a shell's `&` have others ignored: what was ignored when we came stays ignored.
STOPS += [s for s in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(s) is not signal.SIG_IGN]

_main = os.getpid()
_name = "lesson"
_pace = 1.0
_folders = []
_leaving = False


# ---- printing and sleeping -------------------------------------------------------------------------------------------

def say(line):
    """Prints the line by one write: print() may take two, and another process's text could come between them."""
    try:
        _write(1, line)
    except BrokenPipeError:
        _leave(0)  # the reader has seen enough
    except OSError as error:
        fail(f"cannot write to stdout: {reason(error)}")


def _write(fd, line):
    data = f"{line}\n".encode("utf-8", "backslashreplace")
    while data:
        data = data[os.write(fd, data):]


def pace():
    """How many seconds one tutorial second lasts."""
    return _pace


def sleep(seconds):
    """Sleeps tutorial seconds."""
    time.sleep(seconds * _pace)


# ---- processes and how a lesson ends ---------------------------------------------------------------------------------

@contextmanager
def held():
    """Signals that come meanwhile are served afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Thread(threading.Thread):
    """A thread that takes no signals: one that came to a queue's thread would not wake the main thread from a get."""

    def start(self):
        with held():
            super().start()


threading.Thread = _Thread  # multiprocessing's queues ask for theirs under this name


class Process(multiprocessing.Process):
    """multiprocessing's own Process, which in a lesson never leaves a traceback or an orphan."""

    def start(self):
        try:
            with held():  # a signal between the fork and active_children() would leave a child that nobody ends
                super().start()
        except OSError as error:
            fail(f"cannot start a process: {reason(error)}")

    def run(self):
        for stop in STOPS:
            signal.signal(stop, signal.SIG_DFL)  # the handlers below are the main process's business
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        try:
            super().run()
        except (OSError, EOFError, MemoryError) as error:
            fail(f"{self.name}: {reason(error)}")


def private_folder(beside=None):
    """A new folder, in the system's place for such folders or in the folder named; gone when the lesson is over."""
    with held():
        _folders.append(tempfile.mkdtemp(prefix=f".{_name}-", dir=beside))
    return _folders[-1]


def reason(error):
    """What went wrong, without Python's decoration."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def fail(text):
    """The system failed: ends the lesson, from whichever process, with one clear line and exit code 1."""
    _leave(1, f"{_name}: {text}")


def usage_error(text):
    """The arguments are wrong: one clear line and exit code 2."""
    _leave(2, f"{_name}: {text} (try --help)")


def _leave(status, message=""):
    """Ends the lesson before its end. It never returns, so it may run inside a signal handler, wherever main is."""
    global _leaving
    if os.getpid() != _main:
        # Only the main process speaks: that makes one line of it, even when all the children fail at once.
        os.write(_news[1], f"{status} {message[:2000]}\n".encode("utf-8", "backslashreplace"))
        if os.getppid() == _main:
            os.kill(_main, NEWS)
        os._exit(status)
    _leaving = True
    for child in multiprocessing.active_children():
        child.kill()
    for child in multiprocessing.active_children():
        child.join()
    for fd in _news:
        os.close(fd)  # to remove a folder takes two descriptors, and there may be none left
    _remove_folders()
    try:
        if message:
            _write(2, message)
    except OSError:
        pass
    if status < 0:  # die by the very signal, as every program does: the shell wants to know
        signal.signal(-status, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-status])
        os.kill(_main, -status)
    os._exit(status)


def _on_signal(signum, _frame):
    if _leaving or os.getpid() != _main:
        return  # being served already; or not yet Process.run(), where the child gets its own ways back
    if signum != NEWS:
        _leave(-signum)
    try:
        status, _, message = os.read(_news[0], 4096).decode().split("\n")[0].partition(" ")
    except BlockingIOError:
        return  # no news: some stranger's signal
    _leave(int(status), message)


def _remove_folders():
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


# ---- arguments -------------------------------------------------------------------------------------------------------

def lesson(number, main, text, words=(), flags=(), numbers=None, texts=()):
    """Runs main(options).

    words: what may stand there without dashes (options.word), flags: `--x`, texts: `--x TEXT`,
    numbers: `--x N` as {"--x": (default, most)}, whole numbers from 0 on.
    """
    global _name, _pace, _news
    _name = f"lesson-{number}"
    for fd in (0, 1, 2):  # a shell's `>&-`: without this the lesson's own pipes would become its stdout
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    _news = os.pipe()
    os.set_blocking(_news[0], False)
    for stop in STOPS:
        signal.signal(stop, _on_signal)
    try:
        options = _options(text or "", words, flags, numbers or {}, texts)
        _pace = _pace_from(os.environ.get("LESSON_PACE", "1"))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # multiprocessing keeps two open for each child
        main(options)
        # What multiprocessing does when a program ends. Here a failure in a child can still be told in one line.
        for child in multiprocessing.active_children():
            if child.daemon:
                child.terminate()
        for child in multiprocessing.active_children():
            child.join()
        _remove_folders()
    except (OSError, EOFError, MemoryError) as error:
        fail(reason(error))
    for stop in STOPS:
        signal.signal(stop, signal.SIG_DFL)


def quoted(text):
    """The text in double quotes, in one line whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def _pace_from(text):
    # A decimal number as every language reads it: no spaces, no underscores, no "inf", which float() would take.
    good = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
    if not good or not 0 <= float(text) < float("inf"):
        _leave(2, f"{_name}: LESSON_PACE must be a finite number of at least 0, not {quoted(text)}")
    return min(float(text), 1e6)  # more than the clock can count is an error of its own, and a day is long enough


def _options(text, words, flags, numbers, texts):
    options = {name: False for name in flags}
    options.update({name: None for name in texts})
    options.update({name: default for name, (default, _) in numbers.items()})
    options["word"] = None
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        if argument == "--help":
            say(text.strip() + "\n\nLESSON_PACE=N   one tutorial second lasts N seconds (default 1; 0: no sleep)")
            sys.exit(0)
        if argument in words and options["word"] is None:
            options["word"] = argument
        elif argument in flags:
            options[argument] = True
        elif argument in texts or argument in numbers:
            value = next(arguments, None)
            if value is None:
                usage_error(f"{argument} needs a value")
            options[argument] = value if argument in texts else _number(argument, value, numbers[argument][1])
        else:
            usage_error(f"unknown argument {quoted(argument)}")
    return SimpleNamespace(**{name.lstrip("-").replace("-", "_"): value for name, value in options.items()})


def _number(name, text, most):
    if not re.fullmatch(r"[0-9]{1,40}", text) or int(text) > most:
        usage_error(f"{name} must be a whole number from 0 to {most}, not {quoted(text)}")
    return int(text)
