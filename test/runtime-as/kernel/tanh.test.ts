import { expect, it } from 'vitest'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { referenceTanh } from '../../../runtime-as/kernel/reference.ts'
import { uniform } from '../../support/networks.ts'

const { tanhf } = newKernel(0)
const word = new DataView(new ArrayBuffer(4))
const fromBits = (bits: number): number => {
  word.setUint32(0, bits)
  return word.getFloat32(0)
}

/** Distance between two f32 below 2 in units in the last place of the true value. */
function ulps(got: number, x: number): number {
  const exact = Math.tanh(x)
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))))
  return Math.abs(got - exact) / 2 ** (exponent - 23)
}

/** The largest ULP error over these positive bits; every value moreover odd, within [-1, 1] and the same bits in the reference. */
function worst(samples: Iterable<number>): number {
  let most = 0
  for (const bits of samples) {
    const x = fromBits(bits)
    const y = tanhf(x)
    most = Math.max(most, ulps(y, x))
    if (!(y <= 1 && y >= 0) || tanhf(-x) !== -y || referenceTanh(x) !== y || referenceTanh(-x) !== -y) {
      throw new Error(`tanh(${x}) = ${y}`)
    }
  }
  return most
}

const MANTISSAS = [0, 1, 2, 0x3fffff, 0x400000, 0x400001, 0x7ffffe, 0x7fffff]

it('tanh is at most 6.1 ULP from the true value in every f32 exponent, at the edges of the mantissa and at random', () => {
  const random = uniform(1)
  for (let exponent = 0; exponent < 255; exponent++) {
    const drawn = Array.from({ length: 200 }, () => Math.floor(2 ** 23 * random()))
    const samples = [...MANTISSAS, ...drawn].map((mantissa) => exponent * 2 ** 23 + mantissa)
    expect(worst(samples), `exponent ${exponent}`).toBeLessThan(6.1)
  }
})

it('tanh is at most 6.1 ULP from the true value where it bends: every 61st f32 from 2^-4 to 10', () => {
  const samples = function* () {
    for (let bits = 0x3d800000; bits < 0x41200000; bits += 61) yield bits
  }
  const most = worst(samples())
  expect(most).toBeLessThan(6.1)
  // the bound is no looser than it has to be
  expect(most).toBeGreaterThan(5)
})

it('tanh saturates at 1 with its sign from 10 on, infinities included', () => {
  for (const tanh of [tanhf, referenceTanh]) {
    for (const x of [10, 11, 88, 1e10, 3.4028234663852886e38, Number.POSITIVE_INFINITY].map(Math.fround)) {
      expect([tanh(x), tanh(-x)]).toEqual([1, -1])
    }
  }
})

it('tanh gives NaN for every kind of NaN, and keeps zeros with their sign', () => {
  for (const tanh of [tanhf, referenceTanh]) {
    for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff]) {
      expect(tanh(fromBits(bits))).toBeNaN()
    }
    expect([0, -0, 1.4e-45].map((x) => tanh(Math.fround(x)))).toEqual([0, -0, Math.fround(1.4e-45)])
  }
})
