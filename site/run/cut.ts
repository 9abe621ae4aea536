/** Half of a policy's weights, the smallest ones, set to 0: no tuning follows, so that what is lost can be seen. */
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'

/** The .bpd file with `left` weights, cut by magnitude over all layers. name: what messages call it */
export function cut(bytes: Uint8Array, left: number, name: string): Uint8Array {
  const { network, contract, goldens } = decodePolicy(bytes, name)
  const sizes = network.layers.flatMap(({ weights, inputs, scale }) =>
    Array.from(weights, (weight, at) => Math.abs(weight * (scale?.[Math.floor(at / inputs)] ?? 1))),
  )
  const largest = sizes
    .map((_, at) => at)
    .sort((a, b) => sizes[b] - sizes[a] || a - b)
    .slice(0, left)
  const kept = new Set(largest)
  let first = 0
  const layers = network.layers.map((layer) => {
    const weights = layer.weights.map((weight, at) => (kept.has(first + at) ? weight : 0))
    first += weights.length
    return { ...layer, weights }
  })
  const provenance = { cut: `to ${left} weights by magnitude, not tuned` }
  return encodePolicy(
    { layers },
    { ...contract, provenance },
    goldens.map(({ observation }) => observation),
  )
}
