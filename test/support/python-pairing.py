"""Pairs a board through bpd_client, again, and unpairs it: argv is the port and a policy. After each comes a request that only who has the key gets done."""
import sys

from bpd_client import Board

with Board.open(sys.argv[1], timeout=0.06, patience=5, long_patience=5) as board:
    with open(sys.argv[2], "rb") as policy:
        board.install(policy.read())
    for key in (bytes(range(32)), bytes(range(1, 33)), bytes(32)):
        board.pair(key)
        board.watch(0)
        print(board.info.keyed)
