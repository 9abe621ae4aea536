/** CRC-32 of zlib and PNG (reflected polynomial 0xedb88320), bit by bit: a table would need a data segment. */
export function crc32(from: usize, bytes: u32): u32 {
  let crc: u32 = ~0
  const end = from + bytes
  for (; from < end; from++) {
    crc ^= load<u8>(from)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & (0 - (crc & 1)))
  }
  return ~crc
}
