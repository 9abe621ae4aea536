import { beforeAll, describe, expect, it } from 'vitest'
import { compileModel, type MjModel } from '../../../trainer/tasks/mujoco/engine.ts'
import { loadEngine } from '../../../trainer/tasks/mujoco/load-engine.ts'
import { definitions, referenceModel } from '../../support/reference-tasks.ts'

/** about the file, not fields of the compiled model */
const described = ['task', 'engine', 'note', 'frame_skip']

function decodedNames(model: MjModel, addresses: ArrayLike<number>): string[] {
  const text = Uint8Array.from(model.names as unknown as ArrayLike<number>)
  return Array.from(addresses, (at) => new TextDecoder().decode(text.subarray(at, text.indexOf(0, at))))
}

/** a field of the compiled model by its reference name */
function field(model: MjModel, name: string): unknown {
  const [group, member] = name.split('.')
  const flags: Record<string, () => number[]> = {
    jnt_limited: () => Array.from({ length: model.njnt }, (_, i) => Number(model.jnt(i).limited)),
    actuator_ctrllimited: () => Array.from({ length: model.nu }, (_, i) => Number(model.actuator(i).ctrllimited)),
    actuator_forcelimited: () => Array.from({ length: model.nu }, (_, i) => Number(model.actuator(i).forcelimited)),
    total_mass: () => [(model.body_mass as Float64Array).reduce((sum, mass) => sum + mass, 0)],
  }
  if (flags[name]) return name === 'total_mass' ? flags[name]()[0] : flags[name]()
  if (name === 'body_names') return decodedNames(model, model.name_bodyadr)
  if (name === 'jnt_names') return decodedNames(model, model.name_jntadr)
  if (name === 'geom_names') return decodedNames(model, model.name_geomadr)
  const owner = member ? (model as unknown as Record<string, object>)[group] : model
  const value = (owner as Record<string, unknown>)[member ?? group]
  // JSON does not keep the sign of a zero
  return typeof value === 'object' ? Array.from(value as ArrayLike<number>, (x) => x + 0) : value
}

describe('the compiled model is the reference model', () => {
  beforeAll(loadEngine)

  it.each(definitions)('%s: every field, to the last bit', (name, definition) => {
    const reference = referenceModel(name)
    const model = compileModel(definition.model, name)
    expect(definition.frameSkip).toBe(reference.frame_skip)
    const fields = Object.keys(reference).filter((key) => !described.includes(key))
    expect(fields.length).toBeGreaterThan(100)
    for (const key of fields) {
      const [mine, theirs] = [field(model, key), reference[key]]
      if (key === 'body_names') {
        const named = (theirs as string[]).map((x, i) => x || (mine as string[])[i])
        expect(mine, key).toEqual(named)
      } else expect(mine, key).toEqual(theirs)
    }
  })
})
