import { describe, expect, it } from 'vitest'
import type { Said } from '../../../trainer/teachers/format.ts'
import { teacherSizes } from '../../../trainer/teachers/teacher.ts'
import { read } from '../../support/onnx-read.ts'
import { gemm, layerConstants, modelOf, type NodeOf } from '../../support/onnx-writer.ts'
import { outputOf } from '../../support/teacher-output.ts'

describe('the end of an ONNX graph', () => {
  const tanh = { operator: 'Tanh', inputs: ['y'], outputs: ['t'] }
  const end = (nodes: NodeOf[], constants: Record<string, number[] | number>, said?: Said) =>
    read(modelOf({ nodes: [gemm('x'), ...nodes], constants: { ...layerConstants, ...constants } }), said)

  it('tanh, scaled and shifted, is the bounds of the actions', async () => {
    const nodes = [
      tanh,
      { operator: 'Mul', inputs: ['t', 'half'], outputs: ['m'] },
      { operator: 'Add', inputs: ['m', 'middle'] },
    ]
    const { teacher } = await end(nodes, { half: [2, 0.5], middle: [0, 0.25] })
    expect(teacher).toMatchObject({ squash: 'tanh', actionLow: [-2, -0.25], actionHigh: [2, 0.75] })
    expect(teacher.network?.layers).toHaveLength(1)
  })

  it('Clip is the bounds of the actions', async () => {
    const { teacher } = await end([{ operator: 'Clip', inputs: ['y', 'low', 'high'] }], { low: -1, high: 2 })
    expect(teacher).toMatchObject({ squash: 'clip', actionLow: [-1, -1], actionHigh: [2, 2] })
  })

  it('without bounds takes those that are given, and knows none else', async () => {
    expect((await end([], {})).teacher).not.toHaveProperty('actionLow')
    const { teacher } = await end([], {}, { actionLow: [-3], actionHigh: [3, 4] })
    expect(teacher).toMatchObject({ squash: 'clip', actionLow: [-3, -3], actionHigh: [3, 4] })
  })

  it('a plain tanh is scaled to the bounds that are given, and says so', async () => {
    const { teacher, warnings } = await end([tanh], {}, { actionLow: [-2], actionHigh: [2] })
    expect(teacher).toMatchObject({ squash: 'tanh', actionLow: [-2, -2], actionHigh: [2, 2] })
    expect(warnings.join()).toContain('it ends in tanh')
  })

  it('bounds that the file says otherwise are refused', async () => {
    const clip = [{ operator: 'Clip', inputs: ['y', 'low', 'high'] }]
    await expect(end(clip, { low: -1, high: 2 }, { actionLow: [-5], actionHigh: [5] })).rejects.toThrow(
      'the file says [-1, -1]',
    )
    await expect(end([], {}, { actionLow: [0, 0, 0], actionHigh: [1] })).rejects.toThrow('expected 1 or 2')
    await expect(end([], {}, { actionLow: [1], actionHigh: [1] })).rejects.toThrow('expected below --action-high')
    await expect(end([], {}, { actionLow: [1] })).rejects.toThrow('expected both or neither')
    await expect(end([], {}, { output: 'clip' })).rejects.toThrow('--output clip: expected --action-low')
  })

  it('of several outputs the action is taken, and said', async () => {
    const nodes = [gemm('x'), { operator: 'Tanh', inputs: ['y'], outputs: ['actions'] }]
    const model = { nodes, constants: layerConstants, outputs: ['y', 'actions'] }
    const { teacher, warnings } = await read(modelOf(model))
    expect(teacher.metadata.output).toBe('actions')
    expect(warnings.join()).toContain('of its outputs "y", "actions" the action is taken to be "actions"')
  })
})

describe('a normaliser', () => {
  const normalised = (std: number[]) =>
    read(
      modelOf({
        nodes: [
          { operator: 'Sub', inputs: ['x', 'mean'], outputs: ['s'] },
          { operator: 'Div', inputs: ['s', 'std'], outputs: ['n'] },
          gemm('n'),
          { operator: 'Tanh', inputs: ['y'] },
        ],
        constants: { ...layerConstants, mean: [1, -2, 3], std },
      }),
    )

  it('is folded into the first layer of a plain stack', async () => {
    const { teacher } = await normalised([0.5, 2, 1])
    expect(teacher.network?.layers.map(({ weights }) => Array.from(weights))).toEqual([[1, -0.5, 2, 3, 0.125, -0.75]])
  })

  it('is kept apart where float32 weights would not say what it does', async () => {
    const { teacher } = await normalised([1e-6, 1e-6, 1e-6])
    expect(teacher.network).toBeUndefined()
    expect(teacherSizes(teacher)).toEqual({ observations: 3, actions: 2, hidden: [] })
  })
})

describe('metadata of an exporter', () => {
  const nodes = [gemm('x'), { operator: 'Tanh', inputs: ['y'] }]
  const made = (metadata: Record<string, string>) => read(modelOf({ nodes, constants: layerConstants, metadata }))

  it('name actions and observations where they come out even', async () => {
    const { teacher } = await made({ joint_names: 'hip,knee', observation_names: 'base_ang_vel' })
    expect(teacher.metadata).toMatchObject({
      action_names: '["hip","knee"]',
      observation_names: '["base_ang_vel.x","base_ang_vel.y","base_ang_vel.z"]',
    })
  })

  it('that do not are left out, and rounded ones are warned of and never computed with', async () => {
    const given = { joint_names: 'hip', observation_names: 'joint_pos,joint_vel', action_scale: '0.123,0.5' }
    const { teacher, warnings } = await made(given)
    expect(teacher.metadata).not.toHaveProperty('action_names')
    expect(teacher.metadata).toMatchObject({ 'onnx.action_scale': '0.123,0.5' })
    expect(warnings).toHaveLength(3)
    expect(warnings.join()).toContain('round to 3 decimals')
    expect(outputOf(teacher, [1, 2, 3])).toEqual(outputOf((await made({})).teacher, [1, 2, 3]))
  })
})
