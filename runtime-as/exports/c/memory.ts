/** The work memory of a policy: what an inference writes between observation and action. */
import type { Program } from '../program.ts'

export interface WorkArray {
  name: 'within' | 'even' | 'odd' | 'none'
  type: 'float' | 'int16_t'
  count: number
}

/** Outputs of every second hidden layer share an array. In fixed point the observation in whole numbers lies where a second layer's outputs do. */
export function workMemory({ layers, bounds, observations, multipliers }: Program): WorkArray[] {
  const hidden = layers.slice(0, -1).map(({ rows }) => rows.length)
  const widest = (parity: number) => Math.max(0, ...hidden.filter((_, i) => i % 2 === parity))
  const type = multipliers ? 'int16_t' : 'float'
  const arrays: WorkArray[] = [
    { name: 'within', type: 'float', count: bounds?.outside === 'clamp' ? observations.length : 0 },
    { name: 'even', type, count: widest(0) },
    { name: 'odd', type, count: Math.max(widest(1), multipliers ? observations.length : 0) },
  ]
  const used = arrays.filter(({ count }) => count > 0)
  return used.length > 0 ? used : [{ name: 'none', type: 'float', count: 1 }]
}

export const workBytes = (program: Program): number => {
  const bytes = workMemory(program).reduce((sum, { type, count }) => sum + count * (type === 'float' ? 4 : 2), 0)
  // aligned as a float is where there is one
  return workMemory(program).some(({ type }) => type === 'float') ? 4 * Math.ceil(bytes / 4) : bytes
}

/** Where layer i reads and writes. */
export function places({ layers, bounds, multipliers }: Program, i: number): { x: string; y: string } {
  const hidden = (k: number) => `context->${k % 2 === 0 ? 'even' : 'odd'}`
  const input = multipliers ? 'context->odd' : bounds?.outside === 'clamp' ? 'context->within' : 'observation'
  return { x: i === 0 ? input : hidden(i - 1), y: i === layers.length - 1 ? 'action' : hidden(i) }
}
