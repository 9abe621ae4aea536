/** What a policy file is, by its weights and by what it says of how it was made. The latter may be anybody's. */
import type { DecodedPolicy } from '../../runtime-as/format/decode.ts'
import { grouped } from '../report/words.ts'

export interface Kind {
  /** linear: no hidden layer; dense: no weight is 0 */
  network: 'sparse' | 'dense' | 'linear' | 'teacher'
  /** whose states it was trained on, where bpd made it: the data's alone, or its own too; unknown: made by something else */
  states: 'offline' | 'on-policy' | 'unknown'
  /** on-policy: in which ways */
  ways: string[]
  /** on-policy: steps of the environment that it took, where the file says so */
  environmentSteps?: number
}

/** Ways to train on-policy, by the key that says so in a file's provenance. */
const WAYS = { ownStates: 'own states', search: 'search' } as const

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stepsIn = (value: unknown): number | undefined =>
  isMap(value) && typeof value.environmentSteps === 'number' ? value.environmentSteps : undefined

export function kindOf({ contract: { provenance }, layers }: DecodedPolicy): Kind {
  const isDense = layers.every(({ weights, rows, columns }) => weights === rows * columns)
  const network = layers.length === 1 ? 'linear' : isDense ? 'dense' : 'sparse'
  const used = Object.entries(WAYS).filter(([key]) => Boolean(provenance[key]))
  if (used.length === 0) return { network, states: isMap(provenance.recipe) ? 'offline' : 'unknown', ways: [] }
  const each = used.flatMap(([key]) => stepsIn(provenance[key]) ?? [])
  const environmentSteps = each.length > 0 ? each.reduce((sum, steps) => sum + steps, 0) : stepsIn(provenance)
  const ways = used.map(([, way]) => way)
  return { network, states: 'on-policy', ways, ...(environmentSteps !== undefined && { environmentSteps }) }
}

/** "sparse, offline" */
export const describeKind = ({ network, states }: Kind): string =>
  network === 'teacher' ? network : `${network}, ${states === 'unknown' ? 'origin unknown' : states}`

/** "own states, search: 450,000 steps"; '' where it is not on-policy */
export const describeWays = ({ ways, environmentSteps }: Kind): string =>
  `${ways.join(', ')}${environmentSteps === undefined ? '' : `: ${grouped(environmentSteps)} steps`}`
