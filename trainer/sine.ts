/**
 * Sine and cosine whose bits do not depend on who runs them: Node has fdlibm's, Chromium another's, and the last bit of one step is another episode
 * in the end. These are fdlibm's (K_C. Ng, Sun Microsystems 1993, http://www.netlib.org/fdlibm, e_rem_pio2.c, k_sin.c, k_cos.c: "Permission to use,
 * copy, modify, and distribute this software is freely granted, provided that this notice is preserved"), so that nothing changes in Node.
 */

const word = new DataView(new ArrayBuffer(8))

/** The upper 32 bits of a number, without its sign. */
function high(x: number): number {
  word.setFloat64(0, x)
  return word.getUint32(0) & 0x7fffffff
}

/** 2 / pi, and pi / 2 in three parts of 33 bits, each with what is left behind it. */
const PER_QUARTER = 0.6366197723675814
const QUARTER = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21]
const REST = [6.077100506506192e-11, 2.0222662487959506e-21, 8.4784276603689e-32]
/** bits that may cancel before the next part is needed */
const CANCELLED = [16, 49]
/** 2^19 pi */
const LARGEST = 0x413921fb

/** The remainder of the last reduction, in two parts. */
let near = 0
let tail = 0

/** Takes quarters of a turn off until less than an eighth is left, in `near` and `tail`; returns how many, 0..3. */
function reduce(x: number): number {
  const ix = high(x)
  if (ix <= 0x3fe921fb) {
    near = x
    tail = 0
    return 0
  }
  if (!(ix <= LARGEST)) throw new RangeError(`an angle of ${x}, expected one within ${2 ** 19} half turns`)
  const size = Math.abs(x)
  // below 3/4 pi it is one, also where rounding would say none
  const quarters = ix < 0x4002d97c ? 1 : Math.trunc(size * PER_QUARTER + 0.5)
  let left = size - quarters * QUARTER[0]
  let rest = quarters * REST[0]
  near = left - rest
  const close = ix < 0x4002d97c ? ix === 0x3ff921fb : quarters >= 32 || ix === high(quarters * 1.5707963267948966)
  for (let part = 1; close && part < 3; part++) {
    if ((ix >> 20) - (high(near) >> 20) <= CANCELLED[part - 1]) break
    const before = left
    const off = quarters * QUARTER[part]
    left = before - off
    rest = quarters * REST[part] - (before - left - off)
    near = left - rest
  }
  tail = left - near - rest
  if (x > 0) return quarters & 3
  near = -near
  tail = -tail
  return -quarters & 3
}

/** Of near + tail, at most an eighth of a turn. */
function kernelSine(x: number, y: number): number {
  if (high(x) < 0x3e400000) return x
  const z = x * x
  const v = z * x
  const r =
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  if (y === 0) return x + v * (-0.16666666666666632 + z * r)
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632)
}

function kernelCosine(x: number, y: number): number {
  const ix = high(x)
  if (ix < 0x3e400000) return 1
  const z = x * x
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))))
  if (ix < 0x3fd33333) return 1 - (0.5 * z - (z * r - x * y))
  // about a quarter of x, with few bits
  word.setUint32(0, ix - 0x200000)
  word.setUint32(4, 0)
  const q = ix > 0x3fe90000 ? 0.28125 : word.getFloat64(0)
  return 1 - q - (0.5 * z - q - (z * r - x * y))
}

/** x: radians, within 2^19 half turns. Throws RangeError beyond. */
export function sine(x: number): number {
  const quarters = reduce(x)
  const value = quarters & 1 ? kernelCosine(near, tail) : kernelSine(near, tail)
  return quarters & 2 ? -value : value
}

/** x: radians, within 2^19 half turns. Throws RangeError beyond. */
export function cosine(x: number): number {
  const quarters = reduce(x)
  const value = quarters & 1 ? kernelSine(near, tail) : kernelCosine(near, tail)
  return quarters === 1 || quarters === 2 ? -value : value
}
