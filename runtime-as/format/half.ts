/** IEEE 754 half precision, as `Math.f16round` and `DataView.getFloat16` have it where they exist: not in Node 20 and 22, nor in older browsers. */

const word = new DataView(new ArrayBuffer(8))

/** The nearest half, ties to even; infinite from 65520 on. */
export function f16round(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x
  if (Math.abs(x) >= 65520) return x > 0 ? Infinity : -Infinity
  word.setFloat64(0, x)
  const exponent = ((word.getUint32(0) >>> 20) & 0x7ff) - 1023
  // the distance of neighbouring halves; subnormal ones lie 2^-24 apart
  const step = 2 ** Math.max(exponent - 10, -24)
  // a double this large holds whole steps only: adding it rounds
  const whole = 1.5 * 2 ** 52 * step
  const rounded = Math.abs(x) + whole - whole
  return x < 0 ? -rounded : rounded
}

/** The half whose two bytes begin at `at`, the lower one first. */
export function halfAt(view: DataView, at: number): number {
  const bits = view.getUint16(at, true)
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 1023
  const size =
    exponent === 31
      ? fraction
        ? NaN
        : Infinity
      : exponent
        ? (1024 + fraction) * 2 ** (exponent - 25)
        : fraction * 2 ** -24
  return bits & 0x8000 ? -size : size
}

/** The bits of a number that a half holds. */
export function halfBits(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0
  const size = Math.abs(x)
  if (size < 2 ** -14) return sign | (size * 2 ** 24)
  word.setFloat64(0, size)
  const exponent = (word.getUint32(0) >>> 20) - 1023
  return sign | ((exponent + 15) << 10) | (size * 2 ** (10 - exponent) - 1024)
}
