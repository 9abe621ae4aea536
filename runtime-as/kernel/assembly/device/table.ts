// What a board tells the device: offsets into the table that `start` receives, u32 each unless said. Addresses are what loads and
// stores use. Plain constants without types: AssemblyScript, the in-process board and tools read this one file.

export const STATE = 0 // RAM for the device, 8-byte aligned, zeroed by the board
export const STATE_BYTES = 4
export const SLOT_A = 8 // two flash slots, each a multiple of ERASE_BYTES long, mapped for reading
export const SLOT_B = 12
export const SLOT_BYTES = 16
export const ERASE_BYTES = 20
export const PROGRAM_BYTES = 24
export const CLOCK_HZ = 28 // of `cycles`
export const STATIC_BYTES = 32 // RAM of the image without its stack
export const IMAGE_BYTES = 36 // flash of the image
export const STACK_BYTES = 40
export const STACK = 44 // lowest address of the stack, painted with 0xa5 bytes by the board before `start`; 0: unknown
export const NAME = 48 // 16 bytes ASCII, zero padded: the board's name
export const IMAGE = 64 // address of the image's first byte
export const SEED = 68 // a number that differs at each start, as far as the board has one
export const KEYS_A = 72 // two halves of flash for the key of sessions, each erased by one `erase` of KEYS_BYTES; 0: none
export const KEYS_B = 76
export const KEYS_BYTES = 80 // a multiple of PROGRAM_BYTES, room for the header and a start
export const LINE_HZ = 84 // the line's speed is this over a divisor of at least LINE_LEAST and at most 65535; both 0: it has no speed to set
export const LINE_LEAST = 88
export const TABLE_BYTES = 92
// of firmware with signatures, behind the table: flash for lock and counter, 0: none (one or more of ERASE_BYTES); bytes of it; a public key, 0: none
// is compiled in
export const SIGNED_VAULT = 0
export const SIGNED_VAULT_BYTES = 4
export const SIGNED_KEY = 8
export const SIGNED_BYTES = 12
