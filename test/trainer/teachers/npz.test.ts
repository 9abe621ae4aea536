/** Policies as NumPy arrays under names of their own. */
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import type { Said } from '../../../trainer/teachers/format.ts'
import { npzFormat } from '../../../trainer/teachers/npz.ts'
import { writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { decodeTeacher } from '../../../trainer/teachers/teacher.ts'
import { zipOf } from '../../support/sb3-archive.ts'
import { outputOf } from '../../support/teacher-output.ts'

/** float64, row-major unless its columns come first */
function npy(shape: number[], values: number[], { columnsFirst = false, type = '<f8' } = {}): Uint8Array {
  const order = columnsFirst ? 'True' : 'False'
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }\n`
  const start = Buffer.from(`\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}`, 'latin1')
  return new Uint8Array(Buffer.concat([start, new Uint8Array(Float64Array.from(values).buffer)]))
}

async function read(arrays: Record<string, Uint8Array>, said: Said = {}) {
  const files = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, array]))
  const { warnings: _, ...made } = await npzFormat.read({ bytes: zipOf(files), name: 'a.npz' }, said)
  return decodeTeacher(writeSafetensors(made), 'a.npz')
}

describe('an npz of a policy', () => {
  it('of a matrix, a mean and a deviation is M (x - mean) / std', async () => {
    const teacher = await read({ M: npy([1, 2], [3, 4]), mean: npy([2], [1, -1]), std: npy([2], [2, 0.5]) })
    expect(outputOf(teacher, [5, 0])[0]).toBeCloseTo((3 * 4) / 2 + (4 * 1) / 0.5, 5)
  })

  it('of layers by number is a stack of them, whichever way their matrices lie', async () => {
    const said = { activation: 'relu', output: 'none' } as const
    const torch = await read(
      {
        W0: npy([3, 2], [1, 2, 3, 4, 5, 6]),
        b0: npy([3], [1, 0, -1]),
        W1: npy([1, 3], [1, -1, 2]),
        b1: npy([1], [0.5]),
      },
      said,
    )
    const jax = await read(
      {
        w0: npy([2, 3], [1, 3, 5, 2, 4, 6]),
        b0: npy([3], [1, 0, -1]),
        w1: npy([3, 1], [1, -1, 2]),
        b1: npy([1], [0.5]),
      },
      said,
    )
    const columns = await read(
      {
        W0: npy([3, 2], [1, 3, 5, 2, 4, 6], { columnsFirst: true }),
        b0: npy([3], [1, 0, -1]),
        W1: npy([1, 3], [1, -1, 2]),
        b1: npy([1], [0.5]),
      },
      said,
    )
    // relu(1 + 1 - 2), relu(3 - 4), relu(5 - 6 - 1) of (1, -1)
    expect(outputOf(torch, [1, -1])).toEqual([0.5])
    expect(outputOf(torch, [1, 1])).toEqual([4 - 7 + 20 + 0.5])
    for (const other of [jax, columns]) expect(other.network).toEqual(torch.network)
  })

  const refusals: [string, Record<string, Uint8Array>, string][] = [
    [
      'a log',
      { rewards: npy([3], [1, 2, 3]), times: npy([3], [0, 1, 2]) },
      'no policy in it: "rewards" (3), "times" (3)',
    ],
    ['nothing', {}, 'no policy in it: nothing'],
    ['no array', { a: new Uint8Array(20) }, 'not a NumPy array'],
    ['a header that is cut', { a: npy([1, 1], [1]).subarray(0, 30) }, 'not a NumPy array, or cut short'],
    ['fewer numbers than it says', { M: npy([2, 2], [1]) }, '8 bytes for shape [2, 2]'],
    ['a type of nobody', { M: npy([1, 1], [1], { type: '<U8' }) }, 'dtype "<U8", expected little-endian floats'],
    ['big-endian numbers', { M: npy([1, 1], [1], { type: '>f8' }) }, 'dtype ">f8"'],
    ['2^40 numbers', { M: npy([2 ** 20, 2 ** 20], [1]) }, '1099511627776 weights'],
    [
      'several layers without an activation',
      { W0: npy([2, 2], [1, 2, 3, 4]), W1: npy([1, 2], [1, 2]) },
      '--activation',
    ],
  ]
  it('is not what a log of observations and actions is', async () => {
    const log = { observations: npy([2, 2], [1, 2, 3, 4]), actions: npy([2, 1], [1, 2]) }
    await expect(read(log)).rejects.toThrow(
      /^a\.npz: arrays "observations" and "actions", as in a data set \(bpd distill --data takes those\), expected a pol/,
    )
  })

  it.each(refusals)('of %s is refused in one line', async (_, arrays, message) => {
    await expect(read(arrays)).rejects.toThrow(InputError)
    await expect(read(arrays)).rejects.toThrow(message)
  })
})
