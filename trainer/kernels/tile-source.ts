/**
 * Writes the AssemblyScript source of the register tiles of the matrix product. Unrolled by generation, because the compiler keeps
 * accumulators in registers only when each has a name of its own.
 *
 * 6 x 16 fills the 16 registers of AVX2 (V8 fuses pairs of 128-bit operations when allowed to revectorize); 4 x 8 those of SSE and NEON.
 * Both add up one product per k in ascending order, so they give the same bits.
 */
const tile = (rows: number, columns: number): string => {
  const r = [...Array(rows).keys()]
  const v = [...Array(columns / 4).keys()]
  const join = (parts: string[], separator = '\n') => parts.join(separator)
  return `
export function tile${rows}x${columns}(K: i32, a: usize, ra: usize, ka: usize, b: usize, lb: usize, c: usize, lc: usize, init: usize, li: usize, floor: f32): void {
${join(r.map((i) => `  let a${i} = a + ${i} * ra`))}
${join(
  r.map(
    (i) =>
      `  let ${join(
        v.map((j) => `c${i}_${j} = v128.load(init + ${i} * li, ${16 * j})`),
        ', ',
      )}`,
  ),
)}
  for (; K > 0; K--) {
    const ${join(
      v.map((j) => `b${j} = v128.load(b, ${16 * j})`),
      ', ',
    )}
${join(
  r.map(
    (i) =>
      `    const x${i} = v128.load32_splat(a${i}); ${join(
        v.map((j) => `c${i}_${j} = mad(x${i}, b${j}, c${i}_${j})`),
        '; ',
      )}`,
  ),
)}
    ${join(
      r.map((i) => `a${i} += ka`),
      '; ',
    )}; b += lb
  }
  const low = splat(floor)
${join(
  r.map(
    (i) =>
      `  ${join(
        v.map((j) => `v128.store(c + ${i} * lc, f32x4.pmax(low, c${i}_${j}), ${16 * j})`),
        '; ',
      )}`,
  ),
)}
}
`
}

export const tileSource =
  (): string => `// Written by ../tile-source.ts. C[rows, columns] = max(floor, init + A B); strides in bytes.
import { mad, splat } from './simd'
${tile(6, 16)}${tile(4, 16)}${tile(8, 8)}${tile(4, 8)}`
