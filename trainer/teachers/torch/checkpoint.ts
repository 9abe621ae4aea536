/** Checkpoints of trainers: dicts in dicts, of which only tensors count, under the names that lead to them. */
import { InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import type { NamedTensor, StateDict } from '../named-tensors.ts'
import type { Known, Stateful } from '../pickle.ts'
import { type TorchFile, TorchTensor } from '../pickle-torch.ts'

/** values that are looked at: a pickle of a few bytes can say one thing very often */
const maxVisits = 100_000
const maxDepth = 16

/** An object of a class that nobody here knows: its name, and its attributes where they are a dict. */
export class Foreign implements Stateful {
  readonly className: string
  attributes: ReadonlyMap<unknown, unknown> = new Map()

  constructor(className: string) {
    this.className = className
  }

  setState(state: unknown): void {
    if (state instanceof Map) this.attributes = state
  }
}

/** Every name that is called, as an inert value; nothing is executed. */
export const foreign = (name: string): Known => ({
  make: () => (/^(collections defaultdict|builtins dict)$/.test(name) ? new Map() : new Foreign(name)),
})

/** name: how errors call the file. Throws InputError. */
export function stateDictIn({ value }: TorchFile, name: string): StateDict {
  const found = new Map<string, NamedTensor>()
  let visits = 0
  const visit = (item: unknown, path: readonly string[]): void => {
    if (++visits > maxVisits) throw new InputError(`${name}: more than ${maxVisits} values, no checkpoint has them`)
    if (path.length > maxDepth) return
    if (item instanceof TorchTensor) {
      const key = path.join('.')
      if (!found.has(key))
        found.set(key, { shape: item.shape, values: () => item.numbers(`${name}: tensor ${brief(key)}`) })
    } else if (item instanceof Map) {
      for (const [key, entry] of item) {
        // of the optimiser nothing acts
        if (typeof key === 'string' && !/optim/i.test(key)) visit(entry, nameOf(path, key))
      }
    } else if (item instanceof Foreign) {
      for (const [key, entry] of item.attributes) if (typeof key === 'string') visit(entry, nameOf(path, key))
    } else if (Array.isArray(item)) {
      // several dicts one after another: the actor's comes first
      const before = found.size
      for (const entry of item)
        if (found.size === before && (entry instanceof Map || Array.isArray(entry))) visit(entry, path)
    }
  }
  visit(value, [])
  if (found.size === 0)
    throw new InputError(`${name}: no tensors in it, expected a state dict or a checkpoint that holds one`)
  return found
}

/** A module that was saved whole has its parts under these. */
const nameOf = (path: readonly string[], key: string): string[] =>
  ['_modules', '_parameters', '_buffers'].includes(key) ? [...path] : [...path, key]
