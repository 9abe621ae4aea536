import { cosine } from './sine.ts'

/**
 * Seeded random numbers with independent streams: `randomStream(seed, 'collect', episode)` depends on nothing but its
 * arguments, so adding a draw in one place never moves another. Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through
 * FNV-1a and splitmix32; both passed PractRand as published.
 */
export interface Random {
  /** uniform 32-bit unsigned integer */
  uint32(): number
  /**
   * Uniform in [low, high), 53 bits.
   *
   * @param low default 0
   * @param high default 1
   */
  uniform(low?: number, high?: number): number
  /** standard normal (Box-Muller, one of the pair) */
  normal(): number
  /**
   * Uniform integer in [0, n).
   *
   * @param n an integer above 0
   */
  below(n: number): number
  /** where the stream stands; assigning goes on from there */
  state: RandomState
}

/** Four words of 32 bits. */
export type RandomState = readonly [a: number, b: number, c: number, counter: number]

export function randomStream(seed: number, ...path: (string | number)[]): Random {
  let h = 0x811c9dc5
  for (const ch of [seed, ...path].join('/')) h = Math.imul(h ^ ch.codePointAt(0)!, 0x01000193)
  const splitmix = () => {
    h = (h + 0x9e3779b9) | 0
    let z = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let counter = 1
  const uint32 = () => {
    const t = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) uint32()
  const uniform = (low = 0, high = 1) =>
    low + ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) * (1 / 9007199254740992) * (high - low)
  return {
    uint32,
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * cosine(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform(0, n)),
    get state(): RandomState {
      return [a, b, c, counter]
    },
    set state(state) {
      ;[a, b, c, counter] = state
    },
  }
}
