/** PyTorch files: TorchScript by its code, checkpoints by their dicts; hostile ones in one line. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { randomStream } from '../../../trainer/random.ts'
import { writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { decodeTeacher, teacherSizes } from '../../../trainer/teachers/teacher.ts'
import { parseExpression } from '../../../trainer/teachers/torch/expression.ts'
import { torchFormat } from '../../../trainer/teachers/torch/format.ts'
import { fixturePath } from '../../support/fixtures.ts'
import { scriptArchive } from '../../support/script-archive.ts'
import { outputOf } from '../../support/teacher-output.ts'

async function read(bytes: Uint8Array, said = {}) {
  const { warnings: _, ...tensors } = await torchFormat.read({ bytes, name: 'a.pt' }, said)
  return decodeTeacher(writeSafetensors(tensors), 'a.pt')
}

/** weights 1, 2 and bias 0.5: y = x0 + 2 x1 + 0.5 */
const forward = (...body: string[]) => scriptArchive(['weight = self.weight', 'bias = self.bias', ...body])
const layer = 'y = torch.linear(x, weight, bias)'

describe('TorchScript', () => {
  const programs: [string, string[], (y: number) => number][] = [
    ['a layer', [layer, 'return y'], (y) => y],
    ['functions with arguments', [layer, 'return torch.elu(y, 0.5)'], (y) => (y < 0 ? 0.5 * Math.expm1(y) : y)],
    ['functions that write over what they take', [layer, 'z = torch.relu_(y)', 'return z'], (y) => Math.max(0, y)],
    [
      'a choice that is known',
      [layer, 'if torch.eq(torch.dim(x), 2):', '  z = torch.mul(y, 2)', 'else:', '  z = y', 'return z'],
      (y) => 2 * y,
    ],
    [
      'a choice in a line',
      [layer, 'return torch.neg(y) if torch.gt(torch.size(x, 1), 5) else torch.add(y, y, alpha=3)'],
      (y) => 4 * y,
    ],
    [
      'parts of several',
      [layer, 'a, b, = (torch.tanh(y), torch.mul(y, -1.5e-1))', 'return torch.cat([b], 1)'],
      (y) => -0.15 * y,
    ],
    ['a list that is read', ['zs = [x, torch.linear(x, weight, bias)]', 'return (zs)[1]'], (y) => y],
    [
      'an axis made two, and taken apart',
      [
        'z = torch.linear(x, torch.cat([weight, torch.neg(weight)]), torch.cat([bias, torch.neg(bias)]))',
        'a, b, = torch.unbind(torch.unflatten(z, -1, [2, 1]), -2)',
        'return torch.sub(a, b)',
      ],
      (y) => 2 * y,
    ],
    ['a clamp', [layer, 'return torch.clamp(y, -1., None)'], (y) => Math.max(-1, y)],
  ]
  it.each(programs)('with %s is read', async (_, body, wanted) => {
    const teacher = await read(forward(...body))
    for (const x of [
      [1, 2],
      [-3, 0.25],
    ])
      expect(outputOf(teacher, x)[0]).toBeCloseTo(wanted(x[0] + 2 * x[1] + 0.5), 6)
  })

  it('of more observations than any layer has inputs is read, where its code can only take so many', async () => {
    const cut = ['first = torch.slice(x, 1, 0, 3)', 'y = torch.linear(torch.slice(x, 1, 3), weight, bias)']
    const teacher = await read(forward(...cut, 'return torch.cat([y, first], 1)'))
    expect(teacherSizes(teacher)).toMatchObject({ observations: 5, actions: 4 })
    expect(outputOf(teacher, [1, 2, 3, 4, 5])).toEqual([4 + 2 * 5 + 0.5, 1, 2, 3])
    const split = ['_, y, = torch.split_with_sizes(x, [7, 2], 1)', 'return torch.linear(y, weight, bias)']
    expect(teacherSizes(await read(forward(...split)))).toMatchObject({ observations: 9, actions: 1 })
  })

  const refusals: [string, string[], string][] = [
    [
      'the last of its inputs alone',
      ['return torch.linear(torch.slice(x, 1, -2), weight, bias)'],
      'observations of 2 numbers would do, and of 3, and it does not say how many there are: --observations says it',
    ],
    [
      'frames of any number',
      [
        'return torch.linear(torch.mean(torch.view(torch.transpose(torch.view(x, [-1, 2]), 0, 1), [1, 2, -1]), -1), weight, bias)',
      ],
      'observations of 2 numbers would do, and of 4',
    ],
    [
      'a size that nothing suggests',
      ['return torch.linear(torch.cat([torch.linear(x, weight, bias)], 1), weight, bias)'],
      'how many observations it takes is not in it, and none that its layers suggest will do (of 2, a layer of 2 inputs gets 1)',
    ],
    ['a loop', ['for i in range(3):', '  x = x', 'return x'], '"for i in range(3):": loops are not supported'],
    [
      'a choice by the observation',
      [layer, 'if torch.gt(y, 0):', '  z = y', 'else:', '  z = x', 'return z'],
      'a comparison with the observation',
    ],
    [
      'a function of nobody',
      ['return torch.constructor(x)'],
      '"torch.constructor": a function that no policy here may have',
    ],
    ['an attribute of nobody', ['return self.nothing'], 'no attribute "nothing"'],
    ['a cell', ['return torch.lstm(x, weight)'], 'LSTM: recurrent policies are not supported'],
    ['a state that is kept', ['y = torch.copy_(x, weight)', 'return y'], 'a state that is kept between steps'],
    ['chance', [layer, 'return torch.randn_like(y)'], 'export the mean action'],
    ['code that calls itself', ['return (self).forward(x, )'], 'code that calls code more than 60 deep'],
    [
      'a call without end',
      [layer, `return ${'torch.relu('.repeat(200)}y${')'.repeat(200)}`],
      'nested more than 100 deep',
    ],
    ['an infinite weight', [layer, 'return torch.mul(y, 1e999)'], 'entry 0 is Infinity, expected finite'],
    ['nonsense', ['return torch.relu(x'], 'its code'],
    ['no array', ['return 3'], 'its forward gives no array'],
  ]
  it.each(refusals)('with %s is refused in one line', async (_, body, message) => {
    const refused = read(forward(...body))
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(message)
    await refused.catch((error: Error) => expect(error.message).not.toContain('\n'))
  })

  it('of any number of observations is read by the number that is said', async () => {
    const last = forward('return torch.linear(torch.slice(x, 1, -2), weight, bias)')
    for (const observations of [2, 7]) {
      const teacher = await read(last, { observations })
      expect(teacherSizes(teacher)).toMatchObject({ observations, actions: 1 })
      const x = Array.from({ length: observations }, (_, i) => i / 2)
      expect(outputOf(teacher, x)[0]).toBeCloseTo(x.at(-2)! + 2 * x.at(-1)! + 0.5, 6)
    }
    const misfit = read(forward(layer, 'return y'), { observations: 3 })
    await expect(misfit).rejects.toThrow('a.pt: TorchScript: of 3 observations: a layer of 2 inputs gets 3')
    await expect(read(last, { observations: 65_537 })).rejects.toThrow(InputError)
    const weights = readFileSync(fixturePath('policies/rsl-rl-2.pt'))
    await expect(read(weights, { observations: 3 })).rejects.toThrow('weights, whose sizes say what --observations')
  })

  it('says itself what --activation would say', async () => {
    await expect(read(forward(layer, 'return y'), { activation: 'elu' })).rejects.toThrow(
      'which says itself what --activation',
    )
  })
})

describe('an expression', () => {
  it.each(['', '(', 'a(', 'a.', 'a b', '[1', 'a if b', '"open', '1..2', ')'])('%j is refused', (text) => {
    expect(() => parseExpression(text)).toThrow(Error)
  })
})

/** Of real ones: the CRC of a zip catches what is stored, so bytes are altered in the headers and in what is packed. */
describe('a PyTorch file', () => {
  const files = ['functional-scripted.pt', 'rsl-rl-2.pt', 'cleanrl-sac.pt']
  const said = (file: string) => (file.includes('scripted') ? {} : { activation: 'relu' })
  it.each(files)('%s cut off at any of 200 places is refused', async (file) => {
    const bytes = readFileSync(fixturePath(`policies/${file}`))
    for (let n = 0; n < 200; n++) {
      const outcome = await read(bytes.subarray(0, Math.floor((n * bytes.length) / 200)), said(file)).catch(
        (error) => error,
      )
      expect(outcome).toBeInstanceOf(InputError)
    }
  })

  it.each(files)('%s with bytes altered is read or refused, never a crash', async (file) => {
    const bytes = readFileSync(fixturePath(`policies/${file}`))
    const random = randomStream(1, 'alter', file)
    for (let n = 0; n < 50; n++) {
      const altered = Uint8Array.from(bytes)
      for (let k = 0; k < 3; k++) altered[random.below(bytes.length)] = random.below(256)
      const outcome = await read(altered, said(file)).catch((error) => error)
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InputError)
    }
  })
})
