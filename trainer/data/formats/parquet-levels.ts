/**
 * Small whole numbers as Parquet packs them, in runs or bit by bit: levels of lists and places in a dictionary. Of our own, as a run may say that it
 * is two thousand million long, and hyparquet writes it.
 */

/** `count` numbers of `bits` bits out of bytes `at` … `end - 1`. Throws Error where they do not hold so many, or a run goes on behind the last. */
export function readHybrid(bytes: Uint8Array, at: number, end: number, bits: number, count: number): Uint32Array {
  if (!(bits >= 0 && bits <= 32) || end > bytes.length) throw new Error('levels that are cut short')
  const numbers = new Uint32Array(count)
  if (bits === 0) return numbers
  const cursor = { at }
  const next = (): number => {
    if (cursor.at >= end) throw new Error('levels that are cut short')
    return bytes[cursor.at++]
  }
  for (let done = 0; done < count; ) {
    const header = varint(next)
    const length = header & 1 ? (header >>> 1) * 8 : header >>> 1
    // a packed run ends with the byte, not with the last number
    const beyond = header & 1 ? length >= count - done + 8 : length > count - done
    if (length === 0 || beyond) throw new Error(`a run of ${length} numbers, expected at most ${count - done}`)
    const to = Math.min(count, done + length)
    if (header & 1) unpack(numbers.subarray(done, to), next, bits)
    else {
      let value = 0
      for (let i = 0; i < Math.ceil(bits / 8); i++) value += next() * 256 ** i
      numbers.fill(value, done, to)
    }
    // what pads the run
    if (header & 1) cursor.at += Math.floor((length * bits) / 8) - Math.ceil(((to - done) * bits) / 8)
    done = to
  }
  return numbers
}

/** Numbers of `bits` bits each, the lowest first. */
function unpack(into: Uint32Array, next: () => number, bits: number): void {
  let [held, there] = [0, 0]
  for (let i = 0; i < into.length; i++) {
    while (there < bits) {
      // of more than 32 bits, so no shifts
      held += next() * 2 ** there
      there += 8
    }
    const rest = Math.floor(held / 2 ** bits)
    into[i] = held - rest * 2 ** bits
    held = rest
    there -= bits
  }
}

function varint(next: () => number): number {
  let value = 0
  for (let i = 0; i < 5; i++) {
    const byte = next()
    value += (byte & 127) * 128 ** i
    if (byte < 128) return value >>> 0
  }
  throw new Error('a run of no length')
}
