/**
 * Which observations a small file promises its actions for. Whoever installs it computes them again, so each should show what those before it do not. A weight shows in
 * an action where it multiplies something, its unit and one behind it are awake, and the action is not at a limit, where nothing moves it.
 */
import type { Activation, Contract, Layer, Network } from '../../runtime-as/format/network.ts'
import { activate, sumsOf } from './layer-sums.ts'

const FEWEST = 2
const MOST = 8
/** How much of all that shows anywhere a further one has to add, and more. */
const WORTH = 1 / 50
/** Where a tanh is flat: its slope is below 0.14 %. */
const FLAT = 4
/** Weights times candidates that are looked at, and candidates at least. */
const WORK = 2 ** 24
const CANDIDATES = 16

type Ends = Pick<Contract, 'action' | 'squash'>

/**
 * First the candidate that shows most weights and biases, then whichever adds most to those before it, as long as that is more than a fiftieth: two to eight of them,
 * or all that differ where there are fewer. Of equal ones the first.
 *
 * @param network weights in f32
 * @param candidates shape (observations) each
 */
export function tellingObservations(network: Network, ends: Ends, candidates: Float32Array[]): Float32Array[] {
  const places = network.layers.reduce((sum, layer) => sum + layer.outputs + stored(layer), 0)
  const looked = spread(candidates, Math.max(CANDIDATES, Math.floor(WORK / places)))
  const shown = looked.map((observation) => shownBy(network, ends, observation, places))
  const missing = new Uint8Array(places)
  for (const one of shown) for (let i = 0; i < places; i++) missing[i] |= one[i]
  const reachable = sum(missing)
  const chosen: number[] = []
  while (chosen.length < Math.min(MOST, looked.length)) {
    const adds = shown.map((one) => sum(one, missing))
    const most = Math.max(...adds)
    if (chosen.length >= FEWEST && most <= WORTH * reachable) break
    // where nothing more shows, at least another one
    const another = (i: number) => adds[i] === most && !chosen.some((one) => isSame(looked[one], looked[i]))
    const next = looked.findIndex((_, i) => another(i))
    if (next < 0) break
    chosen.push(next)
    for (let i = 0; i < places; i++) if (shown[next][i]) missing[i] = 0
  }
  return chosen.map((i) => looked[i])
}

/** At most so many, from all over. */
const spread = (candidates: Float32Array[], most: number): Float32Array[] =>
  candidates.length <= most
    ? candidates
    : Array.from({ length: most }, (_, i) => candidates[Math.floor(((i + 0.5) * candidates.length) / most)])

const isSame = (a: Float32Array, b: Float32Array): boolean => a.every((x, i) => x === b[i])

const stored = ({ weights }: Layer): number => weights.reduce((sum, w) => sum + (w === 0 ? 0 : 1), 0)

/** flags: 0 or 1 each; among: which of them count */
function sum(flags: Uint8Array, among?: Uint8Array): number {
  let count = 0
  for (let i = 0; i < flags.length; i++) count += among ? flags[i] & among[i] : flags[i]
  return count
}

/** For each stored weight and each bias, from the last layer to the first, whether a change of it changes an action. */
function shownBy({ layers }: Network, ends: Ends, observation: Float32Array, places: number): Uint8Array {
  const inputs: ArrayLike<number>[] = [observation]
  const sums: Float64Array[] = []
  for (const [i, layer] of layers.entries()) {
    sums.push(sumsOf(layer, inputs[i]))
    inputs.push(sums[i].map((a) => activate(a, layer.activation)))
  }
  const shown = new Uint8Array(places)
  let place = 0
  let read = new Uint8Array(layers[layers.length - 1].outputs).fill(1)
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs: width, weights, outputs, activation } = layers[l]
    const isOutput = l === layers.length - 1
    const awake = (a: number, row: number) => (isOutput ? isFree(a, row, ends) : isAwake(a, activation))
    const below = new Uint8Array(width)
    for (let row = 0; row < outputs; row++) {
      const moves = read[row] === 1 && awake(sums[l][row], row)
      shown[place++] = Number(moves)
      for (let c = 0; c < width; c++) {
        if (weights[row * width + c] === 0) continue
        shown[place++] = Number(moves && inputs[l][c] !== 0)
        if (moves) below[c] = 1
      }
    }
    read = below
  }
  return shown
}

const isAwake = (a: number, activation: Activation): boolean =>
  activation === 'relu' ? a > 0 : activation === 'none' || Math.abs(a) < FLAT

/** Whether an action follows the sum of its row. */
const isFree = (a: number, row: number, { action, squash }: Ends): boolean =>
  squash === 'tanh' ? Math.abs(a) < FLAT : a > action.low[row] && a < action.high[row]
