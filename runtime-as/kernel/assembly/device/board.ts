// What a board supplies to the device: these eight functions, and the table of facts in table.ts. "Port to your board" is these two files.

/** Writes bytes to the line; may wait until the line has taken them. */
export declare function send(address: usize, bytes: u32): void

/**
 * Lets what was sent leave, then runs the line at LINE_HZ / divisor (table.ts), 0: at its own speed, as after a start. Called with LINE_LEAST and more alone, so never
 * on a board that has none.
 */
export declare function speed(divisor: u32): void

/** A free-running counter of core cycles (or the finest the board has) that wraps at 32 bits. */
export declare function cycles(): u32

/** Milliseconds since start; wraps at 32 bits. */
export declare function millis(): u32

/** Erases flash to 0xff. address and bytes are multiples of ERASE_BYTES. */
export declare function erase(address: usize, bytes: u32): void

/** Programs erased flash from RAM. address and bytes are multiples of PROGRAM_BYTES. */
export declare function program(address: usize, source: usize, bytes: u32): void

/** The action that applies from now on, f32[count]: to motors, or nowhere on a board whose host moves them. Called for every step, and for the failsafe. */
export declare function act(action: usize, count: u32): void

/** Restarts the board; does not return on a real one. */
export declare function reset(): void
