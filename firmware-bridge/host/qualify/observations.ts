/** Observations to compare board and host on, always the same ones. */

/** A plain congruential generator: numbers in [0, 1), the same on every machine. */
function uniform(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** what no sensor should say, and some do */
export const AWKWARD = [0, -0, 1e-45, -1e-40, 3.4e38, -3.4e38, 1e10, -1e10]

/** `count` observations of `width` numbers: most of the size of 1, some ten and a thousand times that, every sixteenth with awkward numbers in it. */
export function* observations(count: number, width: number): Generator<Float32Array> {
  const random = uniform()
  for (let i = 0; i < count; i++) {
    const size = [1, 1, 1, 10, 1, 1, 1, 1000][i & 7]
    yield Float32Array.from({ length: width }, () => {
      if ((i & 15) === 15 && random() < 0.3) return AWKWARD[Math.floor(random() * AWKWARD.length)]
      // near enough to a normal distribution
      return size * (random() + random() + random() + random() - 2) * 1.7
    })
  }
}
