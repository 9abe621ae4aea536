// Every offset, code and limit of the .bpd core (SPEC.md), in bytes from the start of what it belongs to. Plain constants without
// types, so that this one file serves the AssemblyScript kernel and the TypeScript tools.

/** file: fixed prefix, core, contract, crc trailer */
export const CORE = 16
export const VERSION_BYTE = 5
export const CORE_BYTES_BE = 12
export const VERSION = 1
/** the 5 bytes of the key "crc" and the uint32 tag, then 4 bytes of CRC-32 */
export const TRAILER = 9
export const MAX_FILE = 0x4000000

/** core header */
export const MAGIC = 0
export const CORE_MAGIC = 0x31647062
export const CORE_BYTES = 4
export const LAYERS = 8
export const OBSERVATIONS = 10
export const ACTIONS = 12
export const WIDEST = 14
export const SQUASH = 16
/** what becomes of an observation outside its bounds, and whether there are any */
export const OUTSIDE = 17
export const GOLDENS = 18
/** control period in microseconds, u32 */
export const PERIOD = 20
export const CONTRACT_HASH = 24
export const BOUNDS = 28
export const GOLDEN = 32
export const HEADER = 36
export const MAX_LAYERS = 16
export const MAX_WIDTH = 4096
/** more would let a hostile file keep a board busy: the time of the self-test is this many inferences */
export const MAX_GOLDENS = 16

/** layer descriptor */
export const FORM = 0
export const ACTIVATION = 1
export const VALUE_TYPE = 2
export const COLUMN_TYPE = 3
export const ROWS = 4
export const COLUMNS = 6
export const RUNS_AT = 8
export const VALUES_AT = 12
export const COLUMNS_AT = 16
export const SCALES_AT = 20
export const DESCRIPTOR = 24

export const DENSE = 0
export const GROUPED = 1

export const NONE = 0
export const RELU = 1
export const TANH = 2

export const F32 = 0
export const F16 = 1
/** a scale per row, sums in f32 */
export const I8 = 2
/** whole numbers from the observation to the last layer's sums: all layers or none */
export const I8_FIXED = 3
/** largest activation of a fixed-point policy, and the bits of a row's head that say how far its sum is shifted */
export const FIXED_MAX = 32767
export const SHIFT_MASK = 31

export const NO_COLUMNS = 0
export const U8 = 1
export const U16 = 2

export const UNBOUNDED = 0
export const CLAMP = 1
export const REFUSE = 2

export const SQUASH_CLIP = 0
export const SQUASH_TANH = 1

/** one run of a grouped layer: row length, number of rows of that length (u16 each) */
export const RUN = 4
