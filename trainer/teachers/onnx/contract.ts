/** What metadata of an ONNX model say of its contract, as rsl_rl's and mjlab's exporters write them. */
import { type Graph, sizesOf } from '../graph/graph.ts'

interface Contract {
  /** for our own file */
  metadata: Record<string, string>
  warnings: string[]
}

/** numbers of an observation term of these names; `joints`: one a joint */
const terms: Record<string, 3 | 'joints'> = {
  base_lin_vel: 3,
  base_ang_vel: 3,
  projected_gravity: 3,
  joint_pos: 'joints',
  joint_vel: 'joints',
  actions: 'joints',
  last_action: 'joints',
  last_actions: 'joints',
}

const maxLetters = 65_536

/** Names where they come out even; what upstream has rounded is kept as text and warned of, never computed with. */
export function contractIn(given: ReadonlyMap<string, string>, graph: Graph): Contract {
  const metadata: Record<string, string> = {}
  const warnings: string[] = []
  for (const [key, value] of [...given].slice(0, 100))
    if (key !== '' && key.length <= 100 && value.length <= maxLetters) metadata[`onnx.${key}`] = value
  const list = (key: string) =>
    (given.get(key)?.slice(0, maxLetters).split(',') ?? []).map((name) => name.trim()).filter(Boolean)
  const actions = sizesOf(graph)[graph.ops.length]
  const joints = list('joint_names')
  if (joints.length === actions) metadata.action_names = JSON.stringify(joints)
  else if (joints.length > 0) warnings.push(`joint_names has ${joints.length} names for ${actions} actions: left out`)
  const observed = list('observation_names')
  const names = observationNames(observed, joints, graph.observations)
  if (names) metadata.observation_names = JSON.stringify(names)
  else if (observed.length > 0)
    warnings.push(
      `observation_names has ${observed.length} terms, which do not say what ${graph.observations} observations are: left out`,
    )
  const scale = list('action_scale')
  if (scale.length > 0) {
    const most = scale.length > 3 ? `${scale.slice(0, 3).join(', ')}, …` : scale.join(', ')
    warnings.push(
      `its actions are before action_scale (${most}) and default_joint_pos, which exporters round to 3 decimals: take them from the training configuration`,
    )
  }
  return { metadata, warnings }
}

/** One a number, where the terms come out at as many; one term of an unknown size is what the others leave. */
export function observationNames(
  given: readonly string[],
  joints: readonly string[],
  count: number,
): string[] | undefined {
  if (given.length === count) return new Set(given).size === count ? [...given] : undefined
  const sizes = given.map((term) =>
    Object.hasOwn(terms, term) ? (terms[term] === 'joints' ? joints.length : 3) : undefined,
  )
  const unknown = sizes.filter((size) => size === undefined).length
  const rest = count - sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  if (given.length === 0 || unknown > 1 || (unknown === 0 ? rest !== 0 : rest < 1)) return undefined
  return given.flatMap((term, i) => {
    const size = sizes[i] ?? rest
    if (size === 1) return [term]
    const parts =
      terms[term] === 'joints' ? joints : size === 3 ? ['x', 'y', 'z'] : Array.from({ length: size }, (_, k) => `${k}`)
    return parts.map((part) => `${term}.${part}`)
  })
}
