import { expect, it } from 'vitest'
import { newKernel } from '../../runtime-as/kernel.ts'
import { referenceTanh } from '../../runtime-as/reference.ts'

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

// every 4999th of all positive f32 up to 16, of which most are tiny, and every 61st from 2^-4 to 10
const samples = function* () {
  for (let bits = 1; bits < 0x41800000; bits += 4999) yield fromBits(bits)
  for (let bits = 0x3d800000; bits < 0x41200000; bits += 61) yield fromBits(bits)
}

it('tanh is at most 6.1 ULP away from the true value, odd, within [-1, 1], and the same bits in the reference', () => {
  let worst = 0
  for (const x of samples()) {
    const y = tanhf(x)
    worst = Math.max(worst, ulps(y, x))
    if (y > 1 || tanhf(-x) !== -y || referenceTanh(x) !== y) throw new Error(`tanh(${x}) = ${y}`)
  }
  expect(worst).toBeLessThan(6.1)
})

it('tanh keeps zeros with their sign, infinities and NaN', () => {
  for (const tanh of [tanhf, referenceTanh]) {
    expect([0, -0, Infinity, -Infinity, Number.NaN, 1.4e-45].map((x) => tanh(Math.fround(x)))).toEqual([
      ...[0, -0, 1, -1, Number.NaN, Math.fround(1.4e-45)],
    ])
  }
})
