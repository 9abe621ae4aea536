/** ONNX models, of torch's exporters, tf2onnx and others: opset 9 to 22 and what has been added since, where a policy may have it. */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import { reading } from '../../files/access.ts'
import { brief } from '../../files/brief.ts'
import type { TeacherFormat } from '../format.ts'
import { fromGraph } from '../from-graph.ts'
import { limits } from '../graph/graph.ts'
import { contractIn } from './contract.ts'
import { graphOfModel } from './graph.ts'
import { readModel } from './model.ts'
import type { External } from './tensor.ts'

export const onnxFormat: TeacherFormat = {
  name: 'an ONNX model',
  kind: 'onnx',
  takes: ['observations', 'output', 'actionLow', 'actionHigh'],
  async read({ bytes, name }, said) {
    const refuse = (what: string): never => {
      throw new InputError(`${name}: ONNX: ${what}`)
    }
    const model = readModel(bytes, name, externalOf(name))
    const { graph, input, output, warnings } = graphOfModel(model, said.observations, refuse)
    const contract = contractIn(model.metadata, graph)
    const metadata = {
      source: basename(name),
      producer: model.producer || 'unknown',
      opset: `${model.opset}`,
      input,
      output,
      ...contract.metadata,
    }
    return fromGraph(graph, said, { name, metadata, warnings: [...warnings, ...contract.warnings] })
  },
}

/** Data of tensors in files beside the model; none from anywhere else. */
function externalOf(model: string): External {
  return (location, offset, length) => {
    const folder = dirname(model)
    const path = join(folder, location)
    const refuse = (what: string): never => {
      throw new InputError(`${model}: ONNX: its data in ${brief(location)}: ${what}`)
    }
    if (/^$|^\/|[\\:\p{Cc}]/u.test(location) || location.split('/').includes('..'))
      return refuse('expected a file beside the model')
    if (length > 8 * limits.numbers)
      return refuse(`${length} bytes of a tensor, expected at most ${8 * limits.numbers}`)
    const real = reading(path, () => realpathSync(path))
    const inside = relative(realpathSync(folder), real)
    if (inside.startsWith('..') || inside.startsWith(sep)) return refuse('expected a file beside the model')
    // a pipe would be waited for
    const stats = statSync(real)
    if (!stats.isFile()) return refuse('expected a file')
    if (offset + length > stats.size) return refuse(`${length} bytes from byte ${offset} of ${stats.size}: cut short?`)
    const descriptor = reading(path, () => openSync(real, 'r'))
    try {
      const bytes = new Uint8Array(length)
      return readSync(descriptor, bytes, 0, length, offset) === length ? bytes : refuse('cut short')
    } finally {
      closeSync(descriptor)
    }
  }
}
