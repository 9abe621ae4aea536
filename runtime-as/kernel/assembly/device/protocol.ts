// Every number of the line protocol (firmware-bridge/PROTOCOL.md). Plain constants without types, so that this one file serves the
// device in AssemblyScript and the host in TypeScript. Payload offsets count from the payload's first byte; everything little endian.

export const PROTOCOL = 6

/** SLIP (RFC 1055) */
export const END = 0xc0
export const ESC = 0xdb
export const ESC_END = 0xdc
export const ESC_ESC = 0xdd

/**
 * frame, before SLIP: type u8, status u8, sequence u16, payload, CRC-32 of all that stands before it: of a guarded request exclusive-or session and
 * epoch, of a STEP exclusive-or the contract hash too, of an answer exclusive-or this field of its request
 */
export const TYPE = 0
export const RESULT = 1
export const SEQUENCE = 2
export const PAYLOAD = 4
export const CRC_BYTES = 4
/** guarded requests of a board with a key, and their answers, end in this many bytes of a BLAKE2s in place of the CRC-32 */
export const TAG_BYTES = 8
/** of the key of sessions, and of a public key that a board is locked to */
export const KEY_BYTES = 32
/** first word of what the session's own key is made of: 'bpd6' */
export const SESSION_MAGIC = 0x36647062
/** an offset and 512 bytes of a file, or 129 numbers */
export const MAX_PAYLOAD = 516
export const MAX_CHUNK = 512
export const MIN_FRAME = PAYLOAD + CRC_BYTES
export const MAX_FRAME = PAYLOAD + MAX_PAYLOAD + TAG_BYTES
/** what the device's line buffer holds between two calls of `poll`; a power of two */
export const RING_BYTES = 512

/** types of requests; an answer carries its request's type with bit 7 set */
export const HELLO = 1
export const BEGIN = 2
export const DATA = 3
export const COMMIT = 4
export const STEP = 5
export const BENCH = 6
export const STATS = 7
export const RESET = 8
export const CONFIRM = 9
export const WATCH = 10
export const LOG = 11
export const PAIR = 12
export const LOCK = 13 // of firmware with signatures
export const SPEED = 14
export const ANSWER = 0x80
/** bit n: requests of type n change or move something. They count up within a session of the board, and mean nothing in another one. */
export const GUARDED =
  (1 << BEGIN) |
  (1 << DATA) |
  (1 << COMMIT) |
  (1 << STEP) |
  (1 << RESET) |
  (1 << CONFIRM) |
  (1 << WATCH) |
  (1 << PAIR) |
  (1 << LOCK) |
  (1 << SPEED)

/** status of an answer (0 in requests). Other than OK, the payload is one u32, the detail. Stable: new ones are appended. */
export const OK = 0
export const UNKNOWN_TYPE = 1
export const BAD_LENGTH = 2 // detail: the length expected in bytes, 0: several are possible
export const NO_POLICY = 3
export const NO_UPLOAD = 4
export const TOO_LARGE = 5 // detail: bytes of the largest file that a slot holds
export const BAD_OFFSET = 6 // detail: the offset expected
export const DIFFERENT = 7 // a repeated chunk differs from the one already written; detail: its offset
export const INCOMPLETE = 8 // detail: bytes written so far
export const BAD_FILE_CRC = 9 // detail: the CRC-32 of the bytes written
export const INVALID = 10 // detail: what `validate` answered (../codes.ts)
export const TOO_WIDE = 11 // observations or actions do not fit a frame; detail: how many do
export const NO_MEMORY = 12 // detail: bytes of work memory that the policy needs
export const WRONG_GOLDEN = 13 // detail: 1 + the index of the first golden vector that this board computes otherwise
export const BAD_FLASH = 14 // flash does not read back as programmed; detail: the address
export const OTHER_POLICY = 15 // detail: CRC-32 of the running policy's file
export const FAILSAFE = 16 // the failsafe stands; detail: how many valid observations must come in time before the policy acts
export const TOO_SOON = 17 // too many uploads were begun and not ended; detail: milliseconds until another may be
export const UNCONFIRMED = 18 // the upload would erase the only other policy while the running one is not confirmed; detail: CRC-32 of the running one's file
export const NO_KEYS = 19 // the firmware has no place for a key, or knows none
export const NOT_SIGNED = 20 // the board is locked to a key, and the policy is in no envelope
export const BAD_ENVELOPE = 21 // detail: bytes of the file
export const OTHER_KEY = 22 // signed by another key than the board is locked to; detail: the first 4 bytes of its name
export const OLD_COUNTER = 23 // detail: the least counter that the board takes
export const BAD_SIGNATURE = 24
export const LOCKED = 25 // to a key already
export const NO_VAULT = 26 // no flash for lock and counter, or it is full; detail: its bytes
export const NOT_CONFIRMED = 27 // a board is locked with a confirmed policy or none
export const NO_SPEED = 28 // the line cannot be as fast as that, or not nearly enough; detail: its fastest, 0: it has no speed to set
export const BAD_KEY = 29 // nobody can sign for this public key alone

/** answer to HELLO */
export const INFO_PROTOCOL = 0 // u8
export const INFO_FORMAT = 1 // u8, version of .bpd
export const INFO_SLOT = 2 // u8: 0 or 1, 255 where no policy runs; the policy's fields are 0 then
export const INFO_CONFIRMED = 3 // u8: 1 where the running policy is confirmed
export const INFO_MAX_PAYLOAD = 4 // u16
export const INFO_OBSERVATIONS = 6 // u16
export const INFO_ACTIONS = 8 // u16
export const INFO_GOLDENS = 10 // u16
export const INFO_GENERATION = 12
export const INFO_POLICY_BYTES = 16
export const INFO_POLICY_CRC = 20 // of the whole file
export const INFO_CONTRACT = 24
export const INFO_PERIOD = 28 // as in the policy's core
export const INFO_FILE_BYTES = 32 // the largest file that a slot holds
export const INFO_ERASE_BYTES = 36
export const INFO_PROGRAM_BYTES = 40
export const INFO_CLOCK_HZ = 44
export const INFO_STATIC_BYTES = 48
export const INFO_IMAGE_BYTES = 52
export const INFO_STACK_BYTES = 56
export const INFO_STACK_USED = 60 // most ever used since start; 0: unknown
export const INFO_WORK_BYTES = 64 // work memory for a policy
export const INFO_MILLIS = 68 // since start
export const INFO_NAME = 72 // 16 bytes
export const INFO_FIRMWARE = 88 // CRC-32 of the image, 0: unknown
/** nonce of the session, which begins with the board's start: how often a board with a key has started, and a number that differs each time */
export const INFO_STARTS = 92
export const INFO_SESSION = 96
/** where the session stands: of the last guarded request that was taken, the sequence, and how often sequences have wrapped before it */
export const INFO_EPOCH = 100
export const INFO_SEQUENCE = 104 // u16
export const INFO_KEYED = 106 // u8, of KEYS_ below
export const INFO_SCRUBBED = 107 // u8: 1 where the firmware looks at what it runs, and at its own state, while it runs
export const INFO_FAULT = 108 // u8, the last fault found since start, below
export const INFO_FAILSAFE = 109 // u8: 1 where the failsafe stands, 2 where it is latched
export const INFO_SIGNS = 110 // u8, of SIGNS_ below, 0: the firmware knows no signatures
export const INFO_LINE = 111 // u8: 1 where the line has a speed that can be set
/** tag of the answer, u32[2]: 0 without a key. The last field, whatever comes before it */
export const INFO_TAG = 112
export const INFO_BYTES = 120

/** faults that are found while a policy runs, and one at start */
export const FAULT_FILE = 1 // the file, or the second copy of its bounds, is not as it was
export const FAULT_BONES = 2 // the same of what says how the policy is laid out, found before it ran
export const FAULT_ACTION = 3 // an action was outside the second copy of its bounds, found before it left
export const FAULT_START = 4 // at start a policy that was installed did not pass its tests
/** what INFO_SIGNS has: the firmware knows signatures; it is locked to a key, which is compiled in; the running policy is in an envelope */
export const SIGNS_KNOWN = 1
export const SIGNS_LOCKED = 2
export const SIGNS_BUILT_IN = 4
export const SIGNS_POLICY = 8

/** answer to LOCK: the name of the key that the board is locked to (8 bytes, 0: it is not), the least counter, the same of the running envelope */
export const LOCK_KEY = 0
export const LOCK_COUNTER = 8
export const LOCK_POLICY_KEY = 12
export const LOCK_POLICY_COUNTER = 20
export const LOCK_BYTES = 24

/** the vault's lock, twice in each of its parts: key and the counter then. Behind it counters, each in program units of its own, with its CRC-32 */
export const VAULT_MAGIC = 0
export const VAULT_MAGIC_VALUE = 0x6b636f6c
export const VAULT_KEY = 4
export const VAULT_COUNTER = 36
export const VAULT_CRC = 40
export const VAULT_LOCK = 44
export const COUNTER_BYTES = 8

/** answer to STATS, u32 each, since start */
export const STAT_FRAMES = 0 // whole frames with a right CRC
export const STAT_BAD_CRC = 4
export const STAT_DROPPED = 8 // too short, too long or badly escaped
export const STAT_OVERRUNS = 12 // bytes that found the line buffer full
export const STAT_REPEATS = 16 // answered from memory
export const STAT_STEPS = 20
export const STAT_BAD_OBSERVATIONS = 24 // steps with an observation that holds NaN or an infinity, or that its bounds refuse
export const STAT_REVERTS = 28 // policies that were not confirmed in time
export const STAT_FAILSAFES = 32 // times that no valid observation came in time
export const STAT_BOUNDED = 36 // steps with an action that lies on one of its bounds, as clamping leaves it
export const STAT_FAST = 40 // windows of steps that came faster than 0.8 of the contract's period
export const STAT_SLOW = 44 // windows of steps that came slower than 1.2 of the period
export const STAT_WINDOW = 48 // milliseconds that the last whole window took, 0: none yet
export const STAT_CLAMPED = 52 // steps with an observation that was clamped to its bounds
export const STAT_STALE = 56 // guarded requests of this session that come again, or behind later ones
export const STAT_SCRUBS = 60 // times that the whole of what runs was found to be as it was, or not
export const STAT_FAULTS = 64 // faults found
export const STAT_MENDED = 68 // words of the device's own state that were altered, and put right by their copies
export const STATS_BYTES = 72

/** Of a file, each `poll` looks at this many words, and as many more that the whole is looked at within 2^SCRUB_SHIFT milliseconds. */
export const SCRUB_WORDS = 64
export const SCRUB_SHIFT = 9

/** intervals between steps in a window */
export const PACE_STEPS = 100

/** entry of the log */
export const LOG_CRC = 0 // the last field of the STEP request, which stands for its observation
export const LOG_MILLIS = 4
export const LOG_CYCLES = 8
export const LOG_ACTION = 12 // f32[actions]
/** the ring holds at most this many, fewer where the policy leaves less memory */
export const LOG_ENTRIES = 256

/** what INFO_KEYED has: firmware that can have a key; it has one; its flash counts no more starts, so that no session begins */
export const KEYS_KNOWN = 1
export const KEYS_PAIRED = 2
export const KEYS_WORN = 4

/** header of a half of the keys' flash. Behind it a mark for each start, in program units of its own, all 0 */
export const KEYS_MAGIC = 0
export const KEYS_GENERATION = 4 // counts up from 1; the newer whole half counts
export const KEYS_STARTS = 8 // before the first mark
export const KEYS_KEY = 12 // 32 bytes, all 0: none
export const KEYS_CRC = 44 // of all before it
export const KEYS_HEADER = 48
export const KEYS_MAGIC_VALUE = 0x79656b62

/** header of a slot, u32 each, in the slot's first bytes */
export const SLOT_MAGIC = 0
export const SLOT_GENERATION = 4 // counts up from 1; the newest valid slot runs
export const SLOT_FILE_BYTES = 8
export const SLOT_FILE_CRC = 12
export const SLOT_CRC = 16 // of the four before it
export const SLOT_HEADER = 20
export const SLOT_MAGIC_VALUE = 0x746c7362
/** STEPs, and milliseconds, within which a new policy must be confirmed, if there is one to go back to */
export const TRIAL_STEPS = 1000
export const TRIAL_MILLIS = 600_000
/** uploads that may be begun and not ended with a policy that runs, and keys written, before another has to wait; milliseconds in which one more may be */
export const UPLOADS_BEGUN = 16
export const UPLOAD_MILLIS = 60_000
/** one part of so many is what the speed of a line may be off by; milliseconds of nothing but noise after which a line is at its own speed again */
export const SPEED_OFF = 50
export const SPEED_MILLIS = 1000
/** valid observations in time that end a failsafe, of which the policy acts on the last */
export const FRESH_STEPS = 3
/** in place of how many are missing: the failsafe stands until a WATCH releases it */
export const LATCHED = 0xffffffff
/** second byte of WATCH: the failsafe holds the last action; it is latched; this WATCH releases one that is */
export const WATCH_HOLDS = 1
export const WATCH_LATCHES = 2
export const WATCH_RELEASES = 4
