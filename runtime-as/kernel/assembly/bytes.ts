// Bytes, whatever their alignment, and words.

/** The u32 in the four bytes before `end`. */
export function wordBefore(end: usize): u32 {
  let word: u32 = 0
  for (let k = 0; k < 4; k++) word = (word << 8) | load<u8>(--end)
  return word
}

export function same(a: usize, b: usize, length: usize): bool {
  for (let k: usize = 0; k < length; k++) if (load<u8>(a + k) != load<u8>(b + k)) return false
  return true
}

/** to, from and bytes: multiples of 4 */
export function copy(to: usize, from: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 4) store<u32>(to + k, load<u32>(from + k))
}

export function fill(from: usize, end: usize, byte: u8): void {
  for (; from < end; from++) store<u8>(from, byte)
}
