/** A wire between two UARTs, 8N1, as it is where their speeds differ: bit by bit, what one sends the other samples at its own. */

/** what a receiver may be off by and still have every bit: half a bit in the last of ten */
const TOLERANCE = 0.05

/** start, 8 data bits, stop */
const BITS = 10

/** What a receiver at `heard` baud has of bytes that come at `sent` baud, one right after the other, with silence before and behind. */
export function received(bytes: Uint8Array, sent: number, heard: number): Uint8Array {
  if (Math.abs(sent - heard) <= TOLERANCE * heard) return bytes
  /** the wire at a time in bits of the sender: true is silence, too */
  const high = (time: number): boolean => {
    const at = Math.floor(time)
    const bit = at % BITS
    if (at >= BITS * bytes.length || bit === BITS - 1) return true
    return bit > 0 && ((bytes[Math.floor(at / BITS)] >> (bit - 1)) & 1) === 1
  }
  const step = sent / heard
  const out: number[] = []
  for (let time = 0; time < BITS * bytes.length; ) {
    // a start bit begins where the wire falls; a break ends before the next can
    if (high(time)) {
      time = Math.floor(time) + 1
      continue
    }
    let byte = 0
    for (let bit = 0; bit < 8; bit++) byte |= Number(high(time + (bit + 1.5) * step)) << bit
    // without a stop bit there it counts all the same: the firmware looks at no flag of a byte
    out.push(byte)
    time += (BITS - 0.5) * step
    while (time < BITS * bytes.length && !high(time)) time = Math.floor(time) + 1
  }
  return Uint8Array.from(out)
}
