/** Which weights stay, by what each is worth. */
import type { VariationalLayer } from '../../kernels/networks.ts'
import { compactLayers, mostKeeping, weightsLeft } from '../compact.ts'
import { pruned } from '../student.ts'
import type { Sensitivity } from './curvature.ts'

interface Place {
  l: number
  i: number
  worth: number
}

/** The highest first; equal ones in order of place, so that every machine chooses the same. */
const byWorth = (a: Place, b: Place) => b.worth - a.worth || a.l - b.l || a.i - b.i

const placesOf = (layers: readonly VariationalLayer[], worth: (l: number, i: number) => number, present: boolean) =>
  layers.flatMap(({ theta }, l) =>
    Array.from(theta, (w, i) => ({ l, i, there: w !== 0 }))
      .filter(({ there }) => there === present)
      .map(({ i }): Place => ({ l, i, worth: worth(l, i) })),
  )

/** Weights that are not zero. */
export const weightsIn = (layers: readonly VariationalLayer[]): number =>
  layers.reduce((sum, { theta }) => sum + theta.reduce((n, w) => n + (w === 0 ? 0 : 1), 0), 0)

/** What a weight is worth, one matrix a layer. */
type Saliency = readonly ArrayLike<number>[]

/**
 * 1 for the weights of largest saliency, else 0: as many of those that are not zero as there may be for at most `count` to be left once the units that
 * nothing leads to or from are gone.
 */
export function masksKeeping(layers: readonly VariationalLayer[], saliency: Saliency, count: number): Float32Array[] {
  const places = placesOf(layers, (l, i) => saliency[l][i], true).sort(byWorth)
  const keeping = (rank: number): Float32Array[] => {
    const masks = layers.map(({ theta }) => new Float32Array(theta.length))
    for (const { l, i } of places.slice(0, rank)) masks[l][i] = 1
    return masks
  }
  const outputs = layers.map(({ bias }) => bias.length)
  return keeping(mostKeeping(places.length, count, (rank) => weightsLeft(keeping(rank), outputs)))
}

/** The same layers with those weights alone, and without the units that are left empty. */
export const keepLargest = (
  layers: readonly VariationalLayer[],
  saliency: Saliency,
  count: number,
): VariationalLayer[] => compactLayers(pruned(layers, masksKeeping(layers, saliency, count)))

/** Part of the way to where the curvature says the loss is least along one weight: many are added at once, and each counts on being alone. */
const STEP = 0.1

/**
 * The same layers with weights added that were zero, up to `count` in all: those by which the loss would fall most, by gradient^2 / (2 curvature).
 * One that the gradient does not know stays away.
 */
export function growBack(
  layers: readonly VariationalLayer[],
  { curvature, gradient }: Sensitivity,
  count: number,
): VariationalLayer[] {
  const grown = layers.map((layer) => ({ ...layer, theta: layer.theta.slice() }))
  const gain = (l: number, i: number) => (curvature[l][i] > 0 ? gradient[l][i] ** 2 / (2 * curvature[l][i]) : 0)
  const absent = placesOf(layers, gain, false)
    .filter(({ worth }) => worth > 0)
    .sort(byWorth)
  for (const { l, i } of absent.slice(0, Math.max(0, count - weightsIn(layers))))
    grown[l].theta[i] = (-STEP * gradient[l][i]) / curvature[l][i]
  return grown
}
