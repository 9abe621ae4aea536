/** TorchScript archives: the code of the module is read, with its weights, and nothing of it is executed but as operations of a graph. */
import { basename } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import type { Read, Said } from '../format.ts'
import { fromGraph } from '../from-graph.ts'
import { Builder } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import { limits } from '../graph/graph.ts'
import { type TorchFile, TorchTensor } from '../pickle-torch.ts'
import { Misfit } from './call.ts'
import { Foreign } from './checkpoint.ts'
import { type Code, readCode } from './code.ts'
import { Interpreter } from './interpret.ts'
import { isValue } from './thing.ts'

export const isScript = ({ files }: TorchFile): boolean => files.has('constants.pkl')

/** numbers of observations that are tried: an archive does not say it */
const maxTries = 12

/** name: how errors call the file. Throws InputError. */
export function fromScript({ value, files, constants }: TorchFile, said: Said, name: string): Read {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: TorchScript: ${what}`)
  }
  if (!(value instanceof Foreign)) return refuse('expected a module')
  let code: Code
  try {
    code = readCode(files)
  } catch (error) {
    return refuse(`its code: ${(error as Error).message}`)
  }
  const graph = graphFor(value, code, Array.isArray(constants) ? constants : [], said.observations, refuse)
  const metadata = { source: basename(name), module: value.className.replace(/^__torch__\./, '').replace(' ', '.') }
  return fromGraph(graph, said, { name, metadata })
}

/** Of as many observations as are said, else of the one number that the code takes. Throws InputError where none is found, and where another would do as well. */
function graphFor(
  module: Foreign,
  code: Code,
  constants: readonly unknown[],
  said: number | undefined,
  refuse: (what: string) => never,
): Graph {
  const graphOf = (size: number): Graph => {
    const builder = new Builder([1, size], refuse)
    const interpreter = new Interpreter(builder, code, constants, refuse)
    const result = interpreter.method(module, 'forward', [builder.observation])
    const action = Array.isArray(result) ? result[0] : result
    return isValue(action ?? null) ? builder.graph(action) : refuse('its forward gives no array')
  }
  if (said !== undefined)
    try {
      return graphOf(said)
    } catch (error) {
      if (error instanceof Misfit) return refuse(`of ${said} observations: ${error.message}`)
      throw error
    }
  const { found, wrong } = firstThatFits(lastSizes(module), graphOf)
  if (found) {
    const { size, graph, untried } = found
    // what is cut before any layer is as long as one likes, or any multiple
    const other = [size + 1, 2 * size, ...untried].find((also) => firstThatFits([also], graphOf, 1).found)
    if (other === undefined) return graph
    return refuse(
      `observations of ${size} numbers would do, and of ${other}, and it does not say how many there are: --observations says it`,
    )
  }
  if (wrong.size === 0) return refuse('no layers in it')
  const [[size, first]] = wrong
  for (const error of wrong.values()) if (!(error instanceof Misfit)) throw error
  return refuse(
    `how many observations it takes is not in it, and none that its layers suggest will do (of ${size}, ${first.message}): --observations says it`,
  )
}

interface Tries {
  found?: { size: number; graph: Graph; untried: readonly number[] }
  /** what was wrong with each size before */
  wrong: ReadonlyMap<number, Error>
}

/** Of these sizes, and of those that a layer would have needed. */
function firstThatFits(sizes: readonly number[], graphOf: (size: number) => Graph, most = maxTries): Tries {
  const wrong = new Map<number, Error>()
  const left = sizes.filter((size) => size >= 1 && size <= limits.width)
  for (let size = left.shift(); size !== undefined && wrong.size < most; size = left.shift()) {
    if (wrong.has(size)) continue
    try {
      const untried = [...new Set(left)].filter((other) => other !== size && !wrong.has(other))
      return { found: { size, graph: graphOf(size), untried: untried.slice(0, most) }, wrong }
    } catch (error) {
      wrong.set(size, error as Error)
      if (error instanceof Misfit) left.push(size + error.missing)
    }
  }
  return { wrong }
}

/** seen: each module once, however often it is named */
function lastSizes(module: Foreign, seen = new Set<Foreign>()): number[] {
  if (seen.has(module) || seen.size > 1000) return []
  seen.add(module)
  return [...module.attributes.values()].flatMap((item) =>
    item instanceof TorchTensor ? item.shape.slice(-1) : item instanceof Foreign ? lastSizes(item, seen) : [],
  )
}
