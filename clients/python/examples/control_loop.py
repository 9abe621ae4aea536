"""A control loop at the policy's own rate, the policy on the board: read sensors, step, move motors, count what came late.

    python control_loop.py /dev/ttyUSB0 student.bpd
Without a board: `npx bpd emulate`, and the port that it prints.
"""
from __future__ import annotations

import argparse
import math
import time
import zlib
from pathlib import Path
from typing import List, Sequence

from bpd_client import Board, FailsafeError, Policy


class Robot:
    """A robot that only sways: yours reads its sensors and drives its motors here, in the units and the order of the contract."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.action: Sequence[float] = [0.0] * policy.actions

    def sense(self, now: float) -> List[float]:
        return [math.sin(now + i) for i in range(self.policy.observations)]

    def act(self, action: Sequence[float]) -> None:
        self.action = action


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("policy", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    data = given.policy.read_bytes()
    with Board.open(given.port) as board:
        policy = board.expect(data)
        running = board.info.policy
        if running is None or running.crc != zlib.crc32(data) or running.bytes != len(data):
            board.install(data)
        elif not running.confirmed:
            board.confirm()  # on trial: after 1000 steps the board would go back to the policy before
        robot, late, failsafes = Robot(policy), 0, 0
        # should this program die, the board puts the contract's failsafe action out by itself
        board.watch(5)
        began = tick = time.monotonic()
        for _ in range(given.steps):
            try:
                robot.act(board.step(robot.sense(time.monotonic() - began)).action)
            except FailsafeError:
                failsafes += 1  # the board acts by itself; it takes three observations in time to come back
            tick += policy.period
            wait = tick - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            else:
                late += 1
                tick = time.monotonic()  # what was late is not made up for by haste
        board.watch(0)
        stats = board.stats()
        print(f"{given.steps} steps at {1 / policy.period:.0f} Hz on {board.info.name}: {late} late, {failsafes} in failsafe, "
              f"{stats.host_retries} requests sent again, last action {[round(x, 4) for x in robot.action]}")


if __name__ == "__main__":
    main()
