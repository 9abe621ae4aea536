/** TorchScript archives: the code of the module is read, with its weights, and nothing of it is executed but as operations of a graph. */
import { basename } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import type { Read, Said } from '../format.ts'
import { fromGraph } from '../from-graph.ts'
import { Builder } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import { limits } from '../graph/graph.ts'
import { type TorchFile, TorchTensor } from '../pickle-torch.ts'
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
  const graph = graphFor(value, code, Array.isArray(constants) ? constants : [], refuse)
  const metadata = { source: basename(name), module: value.className.replace(/^__torch__\./, '').replace(' ', '.') }
  return fromGraph(graph, said, { name, metadata })
}

/** Of the first number of observations that the code takes: it is the inputs of some layer, or the length of a normaliser. */
function graphFor(module: Foreign, code: Code, constants: readonly unknown[], refuse: (what: string) => never): Graph {
  const sizes = [...new Set(lastSizes(module))].filter((size) => size >= 1 && size <= limits.width).slice(0, maxTries)
  if (sizes.length === 0) return refuse('no layers in it')
  let first: Error | undefined
  for (const size of sizes)
    try {
      const builder = new Builder([1, size], refuse)
      const interpreter = new Interpreter(builder, code, constants, refuse)
      const result = interpreter.method(module, 'forward', [builder.observation])
      const action = Array.isArray(result) ? result[0] : result
      return isValue(action ?? null) ? builder.graph(action) : refuse('its forward gives no array')
    } catch (error) {
      first ??= error as Error
    }
  throw first
}

/** seen: each module once, however often it is named */
function lastSizes(module: Foreign, seen = new Set<Foreign>()): number[] {
  if (seen.has(module) || seen.size > 1000) return []
  seen.add(module)
  return [...module.attributes.values()].flatMap((item) =>
    item instanceof TorchTensor ? item.shape.slice(-1) : item instanceof Foreign ? lastSizes(item, seen) : [],
  )
}
