"""Runs a command on a terminal of its own: terminal.py STEPS COMMAND ARGUMENT...

STEPS is a JSON list of [text to wait for, text to type, whether it must not show]. Prints all that the terminal showed and ends as the
command does.
"""

import json
import os
import pty
import select
import sys
import termios
import time

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, seen, end = b"", 0, time.monotonic() + 60
while time.monotonic() < end:
    if steps and steps[0][0].encode() in shown[seen:]:
        expected, typed, unseen = steps.pop(0)
        seen = shown.index(expected.encode(), seen) + len(expected.encode())
        # The question shows just before the terminal stops to echo.
        while unseen and termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < end:
            time.sleep(0.005)
        os.write(terminal, typed.encode())
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        some = os.read(terminal, 4096)
    except OSError:
        break
    if not some:
        break
    shown += some
sys.stdout.write(shown.decode(errors="replace"))
if steps:
    sys.exit("never shown: " + repr(steps[0][0]))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
