// What a board supplies to the device: six functions, and one table of facts. "Port to your board" is this file.

/** Writes bytes to the line; may wait until the line has taken them. */
@external('board', 'send')
export declare function send(address: usize, bytes: u32): void

/** A free-running counter of core cycles (or the finest the board has) that wraps at 32 bits. */
@external('board', 'cycles')
export declare function cycles(): u32

/** Milliseconds since start; wraps at 32 bits. */
@external('board', 'millis')
export declare function millis(): u32

/** Erases flash to 0xff. address and bytes are multiples of ERASE_BYTES. */
@external('board', 'erase')
export declare function erase(address: usize, bytes: u32): void

/** Programs erased flash from RAM. address and bytes are multiples of PROGRAM_BYTES. */
@external('board', 'program')
export declare function program(address: usize, source: usize, bytes: u32): void

/** Restarts the board; does not return on a real one. */
@external('board', 'reset')
export declare function reset(): void

/** Offsets into the table that `start` receives, u32 each unless said. Addresses are what loads and stores use. */
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
export const STACK = 40 // lowest address of the stack, painted with 0xa5 bytes by the board before `start`; 0: unknown
export const STACK_BYTES = 44
export const NAME = 48 // 16 bytes ASCII, zero padded: the board's name
export const TABLE_BYTES = 64
