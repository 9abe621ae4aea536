/** Numbers of 16 bits. */

/** float16 of IEEE 754 */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24)
}

/** the upper half of a float32 */
export const bfloat16 = (bits: number): number => new Float32Array(Uint32Array.of(bits * 65536).buffer)[0]
