/** What a policy file is, by its weights and by what it says of how it was made. The latter may be anybody's. */
import type { DecodedPolicy } from '../../runtime-as/format/decode.ts'
import { grouped } from '../report/words.ts'

/** One way in which a student was trained on-policy. */
export interface Way {
  by: 'own states' | 'search'
  /** that it took of the environment, as far as the file says */
  environmentSteps?: number
}

export interface Kind {
  /** linear: no hidden layer; dense: no weight is 0 */
  network: 'sparse' | 'dense' | 'linear' | 'teacher'
  /** whose states it was trained on, where bpd made it: the data's alone, or its own too; unknown: made by something else */
  states: 'offline' | 'on-policy' | 'unknown'
  /** on-policy: in which ways */
  ways: Way[]
}

/** Ways to train on-policy, by the key that says so in a file's provenance: of its own, and in `environmentSteps`. */
const WAYS = { ownStates: 'own states', search: 'search' } as const

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stepsIn = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined)

/** `bpd distill` counts steps in provenance.environmentSteps[key]; a verb of its own says what it did in provenance[key]. */
function waysIn(provenance: Record<string, unknown>): Way[] {
  const counted = isMap(provenance.environmentSteps) ? provenance.environmentSteps : {}
  return Object.entries(WAYS).flatMap(([key, by]) => {
    const distilled = stepsIn(counted[key])
    const own = provenance[key]
    if (!own) return distilled === undefined ? [] : [{ by, environmentSteps: distilled }]
    const steps = isMap(own) ? stepsIn(own.environmentSteps) : undefined
    // of two only one of which is known the sum is not
    return [{ by, ...(steps !== undefined && { environmentSteps: steps + (distilled ?? 0) }) }]
  })
}

export function kindOf({ contract: { provenance }, layers }: DecodedPolicy): Kind {
  const isDense = layers.every(({ weights, rows, columns }) => weights === rows * columns)
  const network = layers.length === 1 ? 'linear' : isDense ? 'dense' : 'sparse'
  const ways = waysIn(provenance)
  return { network, states: ways.length > 0 ? 'on-policy' : isMap(provenance.recipe) ? 'offline' : 'unknown', ways }
}

/** "sparse, offline" */
export const describeKind = ({ network, states }: Kind): string =>
  network === 'teacher' ? network : `${network}, ${states === 'unknown' ? 'origin unknown' : states}`

/** "own states (450,000 steps), search"; '' where it is not on-policy */
export const describeWays = ({ ways }: Kind): string =>
  ways
    .map(({ by, environmentSteps: steps }) => (steps === undefined ? by : `${by} (${grouped(steps)} steps)`))
    .join(', ')
