import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { type Known, readPickle } from '../../../trainer/teachers/pickle.ts'
import { PickleBudget } from '../../../trainer/teachers/pickle-budget.ts'
import { readTorch } from '../../../trainer/teachers/pickle-torch.ts'
import { readVecNormalize } from '../../../trainer/teachers/sb3-normalise.ts'
import { readZip, Unpacking } from '../../../trainer/teachers/zip.ts'
import { readFixture } from '../../support/fixtures.ts'
import { linear, torchZip, zipOf } from '../../support/sb3-archive.ts'

const names = new Map<string, Known>([['collections OrderedDict', { make: () => new Map() }]])
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))
const read = (bytes: Uint8Array) => readPickle(bytes, 'file.pkl', { budget: new PickleBudget('file.pkl'), names }).value

/** written by CPython: OrderedDict(a=[1, 2.5, (3,), (1, 2, 300, 70000)], n=None, big=2**70, neg=-5, t=True, s='é', b=b'xyz', again=its a) */
const pickles: [protocol: number, base64: string][] = [
  [
    2,
    'gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgBAAAAYXECXXEDKEsBR0AEAAAAAAAASwOFcQQoSwFLAk0sAUpwEQEAdHEFZVgBAAAAbnEGTlgDAAAAYmlncQeKCQAAAAAAAAAAQFgDAAAAbmVncQhK+////1gBAAAAdHEJiFgBAAAAc3EKWAIAAADDqXELWAUAAABhZ2FpbnEMaAN1Lg==',
  ],
  [
    3,
    'gANjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgBAAAAYXECXXEDKEsBR0AEAAAAAAAASwOFcQQoSwFLAk0sAUpwEQEAdHEFZVgBAAAAbnEGTlgDAAAAYmlncQeKCQAAAAAAAAAAQFgDAAAAbmVncQhK+////1gBAAAAdHEJiFgBAAAAc3EKWAIAAADDqXELWAEAAABicQxDA3h5enENWAUAAABhZ2FpbnEOaAN1Lg==',
  ],
  [
    4,
    'gASVjQAAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAFhlF2UKEsBR0AEAAAAAAAASwOFlChLAUsCTSwBSnARAQB0lGWMAW6UTowDYmlnlIoJAAAAAAAAAABAjANuZWeUSvv///+MAXSUiIwBc5SMAsOplIwBYpRDA3h5epSMBWFnYWlulGgFdS4=',
  ],
  [
    5,
    'gAWVjQAAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAFhlF2UKEsBR0AEAAAAAAAASwOFlChLAUsCTSwBSnARAQB0lGWMAW6UTowDYmlnlIoJAAAAAAAAAABAjANuZWeUSvv///+MAXSUiIwBc5SMAsOplIwBYpRDA3h5epSMBWFnYWlulGgFdS4=',
  ],
]

/** written by CPython */
const foreign: [what: string, base64: string][] = [
  ['os.system, protocol 0', 'Y3Bvc2l4CnN5c3RlbQpwMAooVmVjaG8gcHduZWQKcDEKdHAyClJwMwou'],
  ['os.system, protocol 1', 'Y3Bvc2l4CnN5c3RlbQpxAChYCgAAAGVjaG8gcHduZWRxAXRxAlJxAy4='],
  ['os.system, protocol 2', 'gAJjcG9zaXgKc3lzdGVtCnEAWAoAAABlY2hvIHB3bmVkcQGFcQJScQMu'],
  ['os.system, protocol 4', 'gASVJQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAplY2hvIHB3bmVklIWUUpQu'],
  ['eval', 'gASVHQAAAAAAAACMCGJ1aWx0aW5zlIwEZXZhbJSTlIwBMZSFlFKULg=='],
  ['a set', 'gASVCQAAAAAAAACPlChLAUsCkC4='],
  ['text, protocol 0', 'KGxwMApJMQphVmEKcDEKYS4='],
]

describe('a pickle', () => {
  it.each(pickles)('of protocol %i is read as CPython wrote it', (protocol, base64) => {
    const value = read(bytesOf(base64)) as Map<string, unknown>
    expect(value.get('a')).toEqual([1, 2.5, [3], [1, 2, 300, 70000]])
    expect(value.get('again')).toBe(value.get('a'))
    expect(value.get('n')).toBe(null)
    expect(value.get('big')).toBe(2n ** 70n)
    expect(value.get('neg')).toBe(-5)
    expect(value.get('t')).toBe(true)
    expect(value.get('s')).toBe('é')
    if (protocol > 2) expect(value.get('b')).toEqual(new TextEncoder().encode('xyz'))
  })

  it.each(foreign)('that names or does anything else is refused in one line: %s', (_, base64) => {
    expect(() => read(bytesOf(base64))).toThrow(InputError)
    expect(() => read(bytesOf(base64))).toThrow(
      /^file\.pkl: pickle: (the name "[^\n]*"|opcode \d+) is not allowed \(byte \d+\)$/,
    )
  })

  it('a name that is not listed is refused even where nothing calls it, and a persistent id where none is expected', () => {
    expect(() => read(new TextEncoder().encode('cposix\nsystem\n.'))).toThrow('the name "posix system" is not allowed')
    expect(() => read(new TextEncoder().encode('NQ.'))).toThrow('a persistent id')
  })

  it('knows 40 opcodes and refuses every other byte', () => {
    const refused = Array.from({ length: 256 }, (_, opcode) => opcode).filter((opcode) => {
      try {
        read(Uint8Array.of(opcode))
      } catch (error) {
        return (error as Error).message.includes(`opcode ${opcode} is not allowed`)
      }
      return false
    })
    expect(refused.length).toBe(256 - 40)
    // INST, OBJ, EXT1, EXT2, EXT4, NEWOBJ_EX, PERSID: each could name or build something
    for (const opcode of [0x69, 0x6f, 0x82, 0x83, 0x84, 0x92, 0x50]) expect(refused).toContain(opcode)
  })

  it('cut short anywhere is refused', () => {
    for (const [, base64] of pickles) {
      const bytes = bytesOf(base64)
      for (let length = 0; length < bytes.length; length++)
        expect(() => read(bytes.subarray(0, length))).toThrow(InputError)
    }
  })

  it('altered anywhere, or made of random bytes, is read or refused, never a crash', () => {
    const readOrRefused = (bytes: Uint8Array) => {
      try {
        read(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(InputError)
      }
    }
    fc.assert(
      fc.property(fc.constantFrom(...pickles), fc.nat(), fc.nat(255), ([, base64], at, value) => {
        const bytes = bytesOf(base64)
        bytes[at % bytes.length] = value
        readOrRefused(bytes)
      }),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), readOrRefused), { numRuns: 2000 })
  })
})

describe('a state dict of PyTorch', () => {
  it('in the zip form gives its tensors by name', async () => {
    const state = await readTorch(torchZip(linear('layer', 2, 3)), 'p.pth', new Unpacking())
    expect([...state.keys()]).toEqual(['layer.weight', 'layer.bias'])
    expect(state.get('layer.weight')!.shape).toEqual([2, 3])
    expect(state.get('layer.weight')!.float32('w')).toEqual(
      Float32Array.from(linear('layer', 2, 3)['layer.weight'].values),
    )
  })

  it('with a shape beyond its storage, or a storage that is missing, is refused', async () => {
    const small = { 'a.weight': { shape: [2, 3], values: [1, 2, 3] } }
    await expect(readTorch(torchZip(small), 'p.pth', new Unpacking())).rejects.toThrow(
      'shape [2, 3] does not fit its storage',
    )
    const pickle = new TextEncoder().encode('ccollections\nOrderedDict\n)R.')
    expect((await readTorch(zipOf({ 'x/data.pkl': pickle }), 'p.pth', new Unpacking())).size).toBe(0)
    await expect(readTorch(zipOf({ 'x/version': '3' }), 'p.pth', new Unpacking())).rejects.toThrow('no data.pkl')
  })
})

describe('a state dict in the form before PyTorch 1.6', () => {
  it('cut short or altered anywhere before its numbers is read or refused, never a crash', async () => {
    const files = await readZip(
      readFixture('teachers/sb3/sac/Pendulum-v1_1/Pendulum-v1.zip'),
      'a.zip',
      new Unpacking(),
      (path) => path === 'policy.pth',
    )
    const bytes = Uint8Array.from(files.get('policy.pth')!)
    const readOrRefused = async (altered: Uint8Array) => {
      await readTorch(altered, 'p.pth', new Unpacking()).catch((error) => expect(error).toBeInstanceOf(InputError))
    }
    for (let length = 0; length < bytes.length; length += 997)
      await expect(readTorch(bytes.subarray(0, length), 'p.pth', new Unpacking())).rejects.toThrow(InputError)
    await fc.assert(
      fc.asyncProperty(fc.nat(5700), fc.nat(255), (at, value) => {
        const altered = bytes.slice()
        altered[at] = value
        return readOrRefused(altered)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a zip', () => {
  it('cut short or altered anywhere is read or refused, never a crash', async () => {
    const bytes = zipOf({ data: '{}', 'policy.pth': torchZip(linear('layer', 2, 3)) })
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const altered = cut ? bytes.slice(0, at) : bytes.slice()
        if (!cut) altered[at] = value
        await readZip(altered, 'a.zip', new Unpacking()).catch((error) => expect(error).toBeInstanceOf(InputError))
      }),
      { numRuns: 1000 },
    )
  })

  it('that names a file twice is refused', async () => {
    const bytes = zipOf({ aaaa: '1', bbbb: '2' })
    const twice = Uint8Array.from(
      Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('bbbb', 'aaaa'), 'latin1'),
    )
    await expect(readZip(twice, 'a.zip', new Unpacking())).rejects.toThrow('a.zip: holds "aaaa" twice')
  })
})

describe('vecnormalize.pkl', () => {
  const bytes = Uint8Array.from(readFixture('teachers/sb3/trpo/Hopper-v3_1/Hopper-v3/vecnormalize.pkl'))

  it('gives mean, variance, epsilon and clip', () => {
    const { mean, variance, epsilon, clip } = readVecNormalize(bytes, 'v.pkl')!
    expect([mean.length, variance.length, epsilon, clip]).toEqual([11, 11, 1e-8, 10])
  })

  it('cut short or altered anywhere is read or refused, never a crash', () => {
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => readVecNormalize(bytes.subarray(0, length), 'v.pkl')).toThrow(InputError)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const altered = bytes.slice()
        altered[at] = value
        try {
          readVecNormalize(altered, 'v.pkl')
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
