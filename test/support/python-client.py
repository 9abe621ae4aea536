"""Drives a board through bpd_client: argv is --key and hexadecimal digits if it has one, the port, then files of a policy and its observations (f32) in turns. Actions go to stdout as f32."""
import json
import struct
import sys

from bpd_client import Board

words = sys.argv[1:]
key = bytes.fromhex(words[1]) if words[0] == "--key" else None
port, *files = words[2:] if key else words
with Board.open(port, key=key, timeout=0.06, patience=60, long_patience=120) as board:
    for policy_file, observations_file in zip(files[::2], files[1::2]):
        with open(policy_file, "rb") as policy, open(observations_file, "rb") as observations:
            data, numbers = policy.read(), observations.read()
        board.install(data, attempts=20)
        size = board.info.policy.observations
        try:
            board.step([0.0] * (size - 1) + ["left"])
        except ValueError as error:
            assert f"number {size - 1}" in str(error), error
        else:
            raise AssertionError("a word is no observation")
        for (*observation,) in struct.iter_unpack(f"<{size}f", numbers):
            action, _ = board.step(observation)
            sys.stdout.buffer.write(struct.pack(f"<{len(action)}f", *action))
    stats = board.stats()
    assert board.info.fault == 0 and board.info.scrubbed, board.info
print(json.dumps(stats.__dict__), file=sys.stderr)
