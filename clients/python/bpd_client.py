"""Speaks to a board with bpd firmware: installs a policy, lets it act, watches over it, reads what it counted.

    from bpd_client import Board

    with Board.open("/dev/ttyUSB0") as board:           # COM3, socket://127.0.0.1:5000; or Board(line) for any file-like
        board.install(open("student.bpd", "rb").read())  # tested on the board, byte for byte, before it runs
        action, cycles = board.step([1.0, 0.0, 0.0])     # in the units and the order of the policy's contract

Written from firmware-bridge/PROTOCOL.md alone, whose words it uses. Python 3.9 or later; pyserial only to open ports by name. Whatever the line loses,
alters, repeats or holds back: an action is the board's answer to this observation, or an error is raised. A `Board` belongs to one thread.
"""
from __future__ import annotations

import hashlib
import hmac
import math
import operator
import os
import select
import struct
import time
import zlib
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Type, Union

__all__ = ["Board", "BoardError", "BoardInfo", "FailsafeError", "LoggedStep", "Policy", "RefusedError", "Running", "SilentError", "Stats", "Step", "read_key"]
__version__ = "0.2.0"

PROTOCOL = 6
BAUD = 115_200
END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
HELLO, BEGIN, DATA, COMMIT, STEP, BENCH, STATS, RESET, CONFIRM, WATCH, LOG, PAIR, LOCK = range(1, 14)
ANSWER = 0x80
#: requests that change or move something: they count up in the session that HELLO tells
GUARDED = frozenset((BEGIN, DATA, COMMIT, STEP, RESET, CONFIRM, WATCH, PAIR, LOCK))
MAX_PAYLOAD, MAX_CHUNK, MAX_FRAME = 516, 512, 528
NAMES = {1: "HELLO", 2: "BEGIN", 3: "DATA", 4: "COMMIT", 5: "STEP", 6: "BENCH", 7: "STATS", 8: "RESET", 9: "CONFIRM", 10: "WATCH", 11: "LOG",
         12: "PAIR", 13: "LOCK"}
STATUSES = ("OK", "UNKNOWN_TYPE", "BAD_LENGTH", "NO_POLICY", "NO_UPLOAD", "TOO_LARGE", "BAD_OFFSET", "DIFFERENT", "INCOMPLETE", "BAD_FILE_CRC", "INVALID",
            "TOO_WIDE", "NO_MEMORY", "WRONG_GOLDEN", "BAD_FLASH", "OTHER_POLICY", "FAILSAFE", "TOO_SOON", "UNCONFIRMED",
            "NO_KEYS", "NOT_SIGNED", "BAD_ENVELOPE", "OTHER_KEY", "OLD_COUNTER", "BAD_SIGNATURE", "LOCKED", "NO_VAULT", "NOT_CONFIRMED")
FAILSAFE = STATUSES.index("FAILSAFE")
#: refusals that say that the board lost the upload, not that the policy is bad
LOST = frozenset(STATUSES.index(name) for name in ("NO_UPLOAD", "BAD_OFFSET", "DIFFERENT", "INCOMPLETE", "BAD_FILE_CRC", "OTHER_POLICY"))
#: bytes of the shortest chunk that a bad line is left with, and how often a longer one is tried
SMALLEST, TRIES = 32, 8
#: seconds for which a look at the line may block
LOOK = 0.05


class BoardError(Exception):
    """The board is lost, or said what cannot be."""


class SilentError(BoardError):
    """Nothing intelligible came back in time."""


class RefusedError(BoardError):
    """The board understood a request and refused it; it still runs what it ran before. `status` and `detail` as in PROTOCOL.md."""

    def __init__(self, request: int, status: int, detail: int) -> None:
        name = STATUSES[status] if status < len(STATUSES) else f"status {status}"
        super().__init__(f"the board refused {NAMES[request]}: {name}, detail {detail}")
        self.status, self.detail = status, detail


class FailsafeError(RefusedError):
    """No valid observation came in time, and the failsafe action stands until `detail` more come in time: go on stepping."""


class Policy(NamedTuple):
    """What the host needs to know of a .bpd file (runtime-as/format/SPEC.md); the board tests the rest."""

    observations: int
    actions: int
    #: of the contract: both ends must mean the same
    contract: int
    #: seconds between two steps
    period: float
    #: bounds of each action, as the board keeps to them, in f32
    low: Tuple[float, ...]
    high: Tuple[float, ...]

    @staticmethod
    def read(data: bytes) -> Policy:
        """Raises ValueError for what is no .bpd file. A signed one's envelope is looked into and not verified: the board does that."""
        if data[:4] == b"bpds":
            data = data[32:-64]
        core = memoryview(data)[16:]
        if bytes(data[:12]) != b"\x84\xa3bpd\x01\xa4core\xc6" or len(core) < 36 or bytes(core[:4]) != b"bpd1":
            raise ValueError("policy: no .bpd file, expected what 'bpd distill' makes")
        if struct.unpack(">I", data[-4:])[0] != zlib.crc32(data[:-4]):
            raise ValueError("policy: damaged, its CRC-32 is not that of its bytes")
        observations, actions = struct.unpack_from("<HH", core, 10)
        period, contract, bounds = struct.unpack_from("<III", core, 20)
        if bounds + 8 * actions > len(core):
            raise ValueError(f"policy: {len(data)} bytes, expected bounds of {actions} actions at {bounds}")
        numbers = struct.unpack_from(f"<{2 * actions}f", core, bounds)
        return Policy(observations, actions, contract, period / 1e6, numbers[:actions], numbers[actions:])


@dataclass(frozen=True)
class Running:
    """The policy that a board runs."""

    slot: int
    confirmed: bool
    observations: int
    actions: int
    goldens: int
    generation: int
    bytes: int
    crc: int
    contract: int
    #: seconds
    period: float


@dataclass(frozen=True)
class BoardInfo:
    """What a board says of itself: the answer to HELLO. 0 in memory sizes: unknown."""

    name: str
    protocol: int
    format: int
    max_payload: int
    file_bytes: int
    erase_bytes: int
    program_bytes: int
    clock_hz: int
    static_bytes: int
    image_bytes: int
    stack_bytes: int
    stack_used: int
    work_bytes: int
    #: seconds since start
    uptime: float
    firmware: int
    #: the board has a key, and takes no request that moves or changes something without a tag
    keyed: bool
    #: it looks at what it runs, and at its own state, while it runs
    scrubbed: bool
    #: the last one that the device found in itself since start, 0: none
    fault: int
    policy: Optional[Running]


@dataclass(frozen=True)
class Stats:
    """Counted by the board since its start; `host_...` by this end since it connected."""

    frames: int
    bad_crc: int
    dropped: int
    overruns: int
    repeats: int
    steps: int
    bad_observations: int
    reverts: int
    failsafes: int
    bounded: int
    fast_windows: int
    slow_windows: int
    #: milliseconds that the last 100 intervals between steps took, 0: none yet
    window_ms: int
    clamped_observations: int
    #: requests of a session before, or said once more: not acted on
    stale: int
    #: times that the whole of what runs was looked at, faults found in it, words of the device's state that were altered and put right
    scrubs: int
    faults: int
    mended: int
    host_requests: int
    host_retries: int
    host_bad: int


class Step(NamedTuple):
    """One inference: the action in the contract's units, and what the board's counter took for it."""

    action: Tuple[float, ...]
    cycles: int


@dataclass(frozen=True)
class LoggedStep:
    """A step that the board remembers. request_crc stands for the observation."""

    number: int
    request_crc: int
    milliseconds: int
    cycles: int
    action: Tuple[float, ...]


def read_key(path: Union[str, os.PathLike[str]]) -> bytes:
    """The key in a file of `bpd boards --pair`, for `Board(key=)`. Raises ValueError for what is no such file, and for one that others may read."""
    with open(path, encoding="latin-1", newline="") as file:
        title, digits = (file.read(256) + "\n").split("\n")[:2]
        others = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
    if title != "bpd session key" or len(digits) != 64 or digits.strip("0123456789abcdef"):
        raise ValueError(f"{os.fspath(path)}: no key, expected 'bpd session key' and 64 hexadecimal digits, a line each")
    if others:
        raise ValueError(f"{os.fspath(path)}: others may read it, expected mode 600")
    return bytes.fromhex(digits)


class Board:
    """A board at the other end of a line. One request at a time; whatever the line loses is sent again, and nothing is run twice.

    line: an open `serial.Serial`, a socket, or any file-like with `write`, and a `fileno` to wait on or a `read(n)` that returns within 50 ms or so,
        empty where nothing came
    key: 32 bytes that the board was paired with, as `read_key` gives them: every request that changes or moves something, and its answer, then has a tag. A board without a key,
        or with another one, is refused
    timeout: seconds until a request is sent again the first time; too short does no harm
    patience: seconds until the board counts as silent; long_patience: where it has much to do, such as testing a whole policy
    """

    def __init__(self, line: Any, *, key: Optional[bytes] = None, timeout: float = 1.0, patience: float = 12.0, long_patience: float = 180.0) -> None:
        if not (timeout > 0 and patience > 0 and long_patience > 0):
            raise ValueError("timeout, patience, long_patience: expected seconds above 0")
        if key is not None and not isinstance(key, (bytes, bytearray)):
            raise TypeError(f"key: {type(key).__name__}, expected 32 bytes")
        if key is not None and len(key) != 32:
            raise ValueError(f"key: {len(key)} bytes, expected 32")
        self._key, self._session_key = key, b""
        self._line = line
        self._look = _looking_at(line)
        self._write: Callable[[bytes], object] = line.sendall if hasattr(line, "sendall") else line.write
        self._timeout, self._patience, self._long = timeout, patience, long_patience
        self._frame, self._escaped, self._broken = bytearray(), False, False
        self._frames: List[bytes] = []
        # of requests that are not guarded: begins anywhere, so that none is taken for one of a host before
        self._sequence = int.from_bytes(os.urandom(2), "little")
        # of those that are: the board's session, and 65,536 times its epoch and the sequence to it
        self._session, self._counter = 0, 0
        self._policy: Optional[Policy] = None
        self.requests = self.retries = self.bad = 0
        self.info: BoardInfo = self.hello()

    @classmethod
    def open(cls, port: str, *, baud: int = BAUD, key: Optional[bytes] = None, timeout: float = 1.0, patience: float = 12.0,
             long_patience: float = 180.0) -> Board:
        """port: what pyserial's `serial_for_url` takes: /dev/ttyUSB0, COM3, socket://127.0.0.1:5000. baud: another one where the firmware has another."""
        import serial  # what a board behind another line does without

        line = serial.serial_for_url(port, baudrate=baud, timeout=LOOK)
        try:
            return cls(line, key=key, timeout=timeout, patience=patience, long_patience=long_patience)
        except BaseException:
            line.close()
            raise

    def __enter__(self) -> Board:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Closes the line. The board runs on: `watch` decides what it does without a host."""
        self._line.close()

    # -- what a board can be asked ------------------------------------------------------------------------------------------------

    def hello(self) -> BoardInfo:
        """What the board is and runs, asked anew."""
        self.info, session, counter, self._session_key = self._greet(self._patience)
        self._counter = max(self._counter, counter) if session == self._session else counter
        self._session = session
        return self.info

    def expect(self, policy: bytes) -> Policy:
        """Steps are made under the contract of this .bpd file from now on. A board that runs another contract does not answer to them."""
        self._policy = Policy.read(policy)
        return self._policy

    def install(self, policy: bytes, *, confirm: bool = True, attempts: int = 5, progress: Optional[Callable[[int, int], None]] = None) -> None:
        """Sends a .bpd file to the slot that does not run. The board tests it there, golden vectors included, and switches only if every bit is right;
        otherwise, and whenever line or power fail before, the old policy runs on.

        confirm: False: it is on trial until `confirm()`; a reset, another installation, 1000 steps or 10 minutes bring the last confirmed one back
        progress: told how many bytes the board has, of all
        """
        read = Policy.read(policy)
        if len(policy) > self.info.file_bytes:
            raise ValueError(f"policy: {len(policy)} bytes, expected at most {self.info.file_bytes} as a slot of {self.info.name} holds")
        before = self.info.policy.generation if self.info.policy else None
        for attempt in range(attempts):
            try:
                self._upload(policy, progress or (lambda _sent, _total: None))
                if confirm:
                    self._ask(CONFIRM, struct.pack("<I", zlib.crc32(policy)), self._patience, 0)
                break
            except BoardError as error:
                lost = isinstance(error, SilentError) or (isinstance(error, RefusedError) and error.status in LOST)
                if not lost or attempt + 1 == attempts:
                    raise
                # the board may have reset; it may also have done all, and only the answer been lost
                running = self.hello().policy
                if running and running.generation != before and self._runs(policy) and (running.confirmed or not confirm):
                    break
        self.hello()
        if not self._runs(policy):
            raise BoardError("the board reset and does not run the policy just installed")
        self._policy = read

    def confirm(self) -> None:
        """Ends the trial of the running policy: it stays."""
        if self.info.policy is None:
            raise BoardError("the board runs no policy")
        self._ask(CONFIRM, struct.pack("<I", self.info.policy.crc), self._patience, 0)
        self.hello()

    def step(self, observation: Sequence[float]) -> Step:
        """One inference on the board. Numbers are rounded to f32; NaN and infinities go through, and the board answers its failsafe to them.

        Raises FailsafeError while the failsafe of `watch` stands, SilentError where the board is lost, ValueError for another length.
        """
        policy, running = self._policy, self.info.policy
        if policy is None:
            raise ValueError("no contract expected yet: install() or expect() a policy first")
        if running is None or running.contract != policy.contract:
            raise BoardError(f"contract {policy.contract:08x} expected, the board runs {f'{running.contract:08x}' if running else 'no policy'}")
        if len(observation) != policy.observations:
            raise ValueError(f"{len(observation)} observations, expected {policy.observations} as in the policy")
        payload, length = _floats(observation), 4 + 4 * policy.actions
        try:
            answer = self._ask(STEP, payload, self._patience, length, policy.contract)
        except SilentError:
            # an inference leaves nothing behind: after a reset in between it may simply be asked for again
            again = self.hello().policy
            if again is None or again.contract != policy.contract:
                raise BoardError("the board reset or went back to the policy before, and no longer runs the expected contract") from None
            answer = self._ask(STEP, payload, self._patience, length, policy.contract)
        cycles, *action = struct.unpack(f"<I{policy.actions}f", answer)
        for i, value in enumerate(action):
            if not policy.low[i] <= value <= policy.high[i]:
                raise BoardError(f"action {i} is {value}, expected {policy.low[i]}..{policy.high[i]} as in the contract")
        return Step(tuple(action), cycles)

    def watch(self, periods: int, *, hold: bool = False) -> None:
        """From now on the board puts its failsafe action out when no valid observation came for more than so many control periods; 0: never.

        hold: then the last action stands instead. Ends with a reset.
        """
        if not 0 <= _whole("periods", periods) <= 255:
            raise ValueError(f"watch: {periods} periods, expected 0..255")
        self._ask(WATCH, bytes([periods, hold]), self._patience, 0)

    def stats(self) -> Stats:
        """What the board has counted since its start, and this end since it connected."""
        counted: Tuple[int, ...] = struct.unpack("<18I", self._ask(STATS, b"", self._patience, 72))
        return Stats(*(*counted, self.requests, self.retries, self.bad))

    def bench(self, count: int) -> List[int]:
        """Cycles of so many inferences on the policy's golden observations, in turn, each counted on the board."""
        if self.info.policy is None:
            raise BoardError("the board runs no policy")
        cycles: List[int] = []
        count = _whole("count", count)
        while len(cycles) < count:
            runs = min(16, self.info.max_payload // 4, count - len(cycles))
            asked = struct.pack("<HH", len(cycles) % self.info.policy.goldens, runs)
            cycles += struct.unpack(f"<{runs}I", self._ask(BENCH, asked, self._long, 4 * runs))
        return cycles

    def log(self) -> List[LoggedStep]:
        """The last steps that the board made, oldest first, at most 256."""
        actions = self.info.policy.actions if self.info.policy else 0
        each, wanted, steps = 12 + 4 * actions, 0, []  # type: int, int, List[LoggedStep]
        while len(steps) < 256:
            answer = self._ask(LOG, struct.pack("<I", wanted), self._patience)
            first = struct.unpack_from("<I", answer)[0] if len(answer) >= 4 else -1
            if len(answer) % each != 4 % each or first < wanted:
                raise BoardError(f"answered LOG {len(answer)} bytes from step {first}, expected whole steps from {wanted} on")
            page = [struct.unpack_from(f"<3I{actions}f", answer, at) for at in range(4, len(answer), each)]
            if not page:
                break
            steps += [LoggedStep(first + i, crc, millis, cycles, tuple(action)) for i, (crc, millis, cycles, *action) in enumerate(page)]
            wanted = first + len(page)
        return steps

    def pair(self, key: bytes) -> None:
        """Gives the board this key of 32 bytes, all 0: none from now on. It goes over the line as it is: pair where nobody listens."""
        if len(key) != 32:
            raise ValueError(f"key: {len(key)} bytes, expected 32")
        try:
            self._ask(PAIR, key, self._long, 0)
        except RefusedError:
            raise
        except BoardError:
            pass  # its session may have begun under the new key before its answer came: HELLO tells
        self._key = key if any(key) else None
        self.hello()

    def reset(self) -> BoardInfo:
        """Restarts the board and waits until it answers again."""
        try:
            self._ask(RESET, b"", self._timeout, 0)
        except SilentError:
            pass  # its answer may be lost in the reset
        return self.hello()

    # -- an upload ----------------------------------------------------------------------------------------------------------------

    def _runs(self, policy: bytes) -> bool:
        running = self.info.policy
        return running is not None and running.bytes == len(policy) and running.crc == zlib.crc32(policy)

    def _upload(self, policy: bytes, progress: Callable[[int, int], None]) -> None:
        total, unit = len(policy), self.info.program_bytes
        largest = min(MAX_CHUNK, self.info.max_payload - 4) // unit * unit
        if largest == 0:
            raise BoardError(f"program units of {unit} bytes do not fit a frame")
        smallest = min(largest, math.ceil(SMALLEST / unit) * unit)
        chunk, sent = largest, self._begin(policy, self._long)
        while sent < total:
            progress(sent, total)
            retries, shorter = self.retries, max(smallest, chunk // 2 // unit * unit)
            part = policy[sent : sent + chunk]
            patience = self._patience if chunk == smallest else min(TRIES * self._timeout, self._patience / 2)
            try:
                written = int(struct.unpack("<I", self._ask(DATA, struct.pack("<I", sent) + part, patience, 4))[0])
            except SilentError:
                # a short frame gets through a line that spoils bytes where a long one does not
                if chunk == smallest:
                    raise
                chunk, stands = shorter, self._begin(policy, self._patience)
                if stands < sent:
                    raise SilentError(f"the board lost the upload at byte {sent}") from None
                sent = stands
                continue
            if not sent + len(part) <= written <= total:
                raise BoardError(f"the upload stands at {written} of {total} bytes, expected {sent + len(part)} or more")
            chunk = shorter if self.retries > retries else min(largest, 2 * chunk)
            sent = written
        progress(total, total)
        self._ask(COMMIT, b"", self._long, 0)

    def _begin(self, policy: bytes, patience: float) -> int:
        """Bytes of the file that the board has."""
        stands = int(struct.unpack("<I", self._ask(BEGIN, struct.pack("<II", len(policy), zlib.crc32(policy)), patience, 4))[0])
        if stands > len(policy):
            raise BoardError(f"the upload stands at {stands} bytes, expected at most {len(policy)}")
        return stands

    # -- requests and frames ------------------------------------------------------------------------------------------------------

    def _ask(self, kind: int, payload: bytes, patience: float, length: Optional[int] = None, contract: int = 0) -> bytes:
        """The payload of the answer. length: of it, None: any. contract: what the request is sealed with."""
        self.requests += 1
        mix = contract
        if kind in GUARDED:
            self._counter += 1
            sequence = self._counter & 0xFFFF
            mix ^= self._session ^ (self._counter >> 16 & 0xFFFFFFFF)
        else:
            sequence = self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("<BBH", kind, 0, sequence)
        if self._key and kind in GUARDED:
            epoch = self._counter >> 16 & 0xFFFFFFFF
            seal = self._tag(head, struct.pack("<II", epoch, contract), payload)
        else:
            seal = struct.pack("<I", zlib.crc32(head + payload) ^ mix)
        line = _encoded(head + payload + seal)
        deadline, wait, tries = time.monotonic() + patience, self._timeout, 0
        while (left := deadline - time.monotonic()) > 0:
            self.retries += tries > 0
            tries += 1
            try:
                self._write(line)
                answer = self._wait(kind, sequence, seal, time.monotonic() + min(wait, left))
            except OSError as error:  # pyserial's errors too
                raise SilentError(f"the line closed ({error})") from error
            wait = min(1.5 * wait, 2 * self._timeout)
            if answer is None:
                if kind in GUARDED and tries % 2 == 0:
                    self._still_there(min(wait, deadline - time.monotonic()), contract)
                continue
            status, body = answer
            expected = 4 if status else length
            if expected is not None and len(body) != expected:
                raise BoardError(f"answered {NAMES[kind]} with status {status} {len(body)} bytes, expected {expected}")
            if status:
                detail = struct.unpack("<I", body)[0]
                raise (FailsafeError if status == FAILSAFE else RefusedError)(kind, status, detail)
            return body
        raise SilentError("no answer from the board, expected one with bpd firmware at the other end of the line")

    def _tag(self, *parts: bytes) -> bytes:
        return hashlib.blake2s(b"".join(parts), key=self._session_key).digest()[:8]

    def _greet(self, patience: float) -> Tuple[BoardInfo, int, int, bytes]:
        """What the board is; its session, where that stands, and the session's key where there is one."""
        nonce, before = os.urandom(4), self._session_key
        answer = self._ask(HELLO, nonce, patience)
        info = _info(answer)
        session, counter = _session(answer)
        if self._key is None and info.keyed:
            raise BoardError("the board has a key, expected it as key=")
        if self._key is None:
            return info, session, counter, b""
        if not info.keyed:
            raise BoardError("the board has no key, expected one that was paired")
        # starts and session: no two sessions under a key have the same
        self._session_key = hashlib.blake2s(b"bpd6" + answer[92:100], key=self._key).digest()
        tag = self._tag(struct.pack("<BBH", HELLO | ANSWER, 0, self._sequence), nonce, bytes(4), answer[:112])
        key, self._session_key = self._session_key, before
        if not hmac.compare_digest(tag, answer[112:120]):
            raise BoardError("the board has another key")
        return info, session, counter, key

    def _still_there(self, patience: float, contract: int) -> None:
        """Raises SilentError where the board has started anew, runs another contract than a STEP is made under, or another host has spoken: no answer will
        come then. Changes nothing."""
        try:
            info, session, counter, _ = self._greet(patience)
        except SilentError:
            return
        if session != self._session:
            raise SilentError("the board started anew")
        if counter > self._counter:
            raise SilentError("another host speaks to the board")
        if contract and (info.policy is None or info.policy.contract != contract):
            raise SilentError("the board runs another contract")

    def _wait(self, kind: int, asked: int, seal: bytes, until: float) -> Optional[Tuple[int, bytes]]:
        """Status and payload of the answer that opens with its request's seal; None: not in time."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                body, end = frame[: -len(seal)], frame[-len(seal) :]
                if len(body) >= 4:
                    if len(seal) == 4:
                        mine = struct.pack("<I", zlib.crc32(body) ^ int.from_bytes(seal, "little"))
                    else:
                        mine = self._tag(body[:4], seal, body[4:])
                    answered, status, sequence = struct.unpack_from("<BBH", body)
                    if hmac.compare_digest(mine, end) and answered == kind | ANSWER and sequence == asked:
                        return status, body[4:]
                    # older firmware seals answers with nothing; its HELLO is heard, to say so
                    older = kind == HELLO and struct.pack("<I", zlib.crc32(body)) == end
                    if older and answered == HELLO | ANSWER and len(body) > 4 and body[4] < PROTOCOL:
                        return 0, body[4:]
                self.bad += 1
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._take(self._look(min(LOOK, left)))

    def _take(self, data: bytes) -> None:
        """Finds frames wherever the line cuts them; keeps one frame at most, whatever comes."""
        for byte in data:
            if byte == END:
                if self._frame and not self._broken and not self._escaped:
                    self._frames.append(bytes(self._frame))
                elif self._broken or self._escaped:
                    self.bad += 1
                self._frame.clear()
                self._escaped = self._broken = False
                continue
            if self._escaped:
                self._escaped = False
                self._broken |= byte not in (ESC_END, ESC_ESC)
                byte = END if byte == ESC_END else ESC
            elif byte == ESC:
                self._escaped = True
                continue
            if len(self._frame) < MAX_FRAME:
                self._frame.append(byte)
            else:
                self._broken = True


def _encoded(frame: bytes) -> bytes:
    """As it goes over the line. An END also leads it, which ends whatever garbage stood before."""
    return bytes([END]) + frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + bytes([END])


def _whole(name: str, number: int) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"{name}: {repr(number)[:60]}, expected a whole number") from None


def _floats(numbers: Sequence[float]) -> bytes:
    try:
        return struct.pack(f"<{len(numbers)}f", *numbers)
    except (struct.error, OverflowError):
        return b"".join(_float(i, x) for i, x in enumerate(numbers))


def _float(i: int, x: float) -> bytes:
    try:
        return struct.pack("<f", x)
    except OverflowError:  # beyond f32: infinite, as everywhere else
        return struct.pack("<f", math.copysign(math.inf, x))
    except struct.error:
        raise ValueError(f"number {i} is {repr(x)[:60]}, expected a number, one that a float can be") from None


def _looking_at(line: Any) -> Callable[[float], bytes]:
    """What has come over the line by now, or comes within so many seconds."""
    if hasattr(line, "in_waiting"):  # pyserial waits for the first byte; without a timeout it would for ever
        line.timeout = LOOK

        def serial_look(_seconds: float) -> bytes:
            return bytes(line.read(max(1, line.in_waiting)))

        return serial_look
    if hasattr(line, "fileno"):
        read = line.recv if hasattr(line, "recv") else line.read1 if hasattr(line, "read1") else line.read

        def look(seconds: float) -> bytes:
            if not select.select([line], [], [], seconds)[0]:
                return b""
            data = bytes(read(4096))
            if not data:
                raise SilentError("the line closed")
            return data

        return look

    def plain_look(_seconds: float) -> bytes:
        return line.read(1) or b""

    return plain_look


_INFO = struct.Struct("<4B4H15I16sI12x2xBBB3x8x")


def _session(answer: bytes) -> Tuple[int, int]:
    """Number of the session, and 65,536 times the epoch and the sequence to it."""
    session, epoch, sequence = struct.unpack_from("<IIH", answer, 96)
    return session, 65536 * epoch + sequence


_LIMITS: Dict[str, Tuple[int, int]] = {
    "max_payload": (8, MAX_PAYLOAD), "program_bytes": (1, MAX_CHUNK), "erase_bytes": (1, 0x7FFFFFFF), "file_bytes": (1, 0x7FFFFFFF), "clock_hz": (1, 0xFFFFFFFF)}
_RUNNING_LIMITS: Dict[str, Tuple[int, int]] = {
    "observations": (1, 129), "actions": (1, 128), "goldens": (1, 0xFFFF), "generation": (1, 0xFFFFFFFF), "bytes": (1, 0x7FFFFFFF)}


def _info(answer: bytes) -> BoardInfo:
    if not answer or answer[0] != PROTOCOL:
        raise BoardError(f"the firmware speaks protocol {answer[0] if answer else 'unknown'}, expected {PROTOCOL}")
    if len(answer) != _INFO.size:
        raise BoardError(f"answered HELLO {len(answer)} bytes, expected {_INFO.size}")
    (protocol, version, slot, confirmed, max_payload, observations, actions, goldens, generation, size, crc, contract, period, file_bytes, erase_bytes,
     program_bytes, clock_hz, static_bytes, image_bytes, stack_bytes, stack_used, work_bytes, millis, name, firmware, keys, scrubbed, fault) = _INFO.unpack(answer)
    if slot not in (0, 1, 255):
        raise BoardError(f"HELLO says slot {slot}, expected 0, 1 or 255")
    policy = None
    if slot != 255:
        policy = Running(slot, confirmed == 1, observations, actions, goldens, generation, size, crc, contract, period / 1e6)
        _check(policy, _RUNNING_LIMITS)
        if period == 0:
            raise BoardError("HELLO says period 0, expected microseconds above 0")
    text = name.rstrip(b"\0")
    if not text or any(not 32 <= byte < 127 for byte in text):
        raise BoardError("HELLO names the board in no printable characters")
    info = BoardInfo(text.decode("ascii"), protocol, version, max_payload, file_bytes, erase_bytes, program_bytes, clock_hz, static_bytes, image_bytes,
                     stack_bytes, stack_used, work_bytes, millis / 1000, firmware, keys & 2 != 0, scrubbed == 1, fault, policy)
    _check(info, _LIMITS)
    return info


def _check(said: object, limits: Dict[str, Tuple[int, int]]) -> None:
    """A host divides and counts by these, so it refuses a board that says otherwise."""
    for field, (low, high) in limits.items():
        value = getattr(said, field)
        if not low <= value <= high:
            raise BoardError(f"HELLO says {field} {value}, expected {low}..{high}")
