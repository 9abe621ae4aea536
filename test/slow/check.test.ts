/** Mistakes planted into logs of the quadrupeds' policies, where they are beside the repository. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkPolicy } from '../../trainer/check/check.ts'
import { openPolicy } from '../../trainer/check/policies.ts'
import { randomStream } from '../../trainer/random.ts'
import { type Noise, type Sample, wanderingLog } from '../support/check-logs.ts'
import { plants } from '../support/planted.ts'

const diagnose = ({ policy, log, bounds, normaliser }: Sample) =>
  checkPolicy(policy, log, { bounds, normaliser, rows: 600, seed: 1 })

const noise: Noise = { action: 0.05, sensor: 0 }

async function named(sample: Sample, some = plants): Promise<void> {
  for (const plant of some) {
    const planted = plant.plant(sample, randomStream(1, 'plant', plant.name, sample.name))
    if (!planted) continue
    const { verdict, explanations, asIs } = await diagnose({ ...sample, ...planted })
    // what changes next to nothing is no mistake that a log tells of
    if (asIs.explained > 0.97 && verdict !== 'mistake') continue
    const told = { plant: plant.name, what: planted.what, verdict, as: explanations[0]?.hypothesis }
    expect(told).toMatchObject({ verdict: 'mistake', as: expect.stringMatching(new RegExp(plant.named.join('|'))) })
  }
}

const policies = fileURLToPath(new URL('../../../shared/reference/policies/', import.meta.url))
const quadrupeds = ['playground-go1.onnx', 'mjlab-anymal-c.onnx', 'isaaclab-go2-torchscript.pt']

describe.skipIf(!existsSync(policies)).each(quadrupeds)('the quadruped of %s', (file) => {
  it('is computed as its other runtime computes it', async () => {
    const { act, actions } = await openPolicy(`${policies}${file}`)
    const { pairs } = JSON.parse(readFileSync(`${policies}${file.replace(/\.\w+$/, '.vectors.json')}`, 'utf8'))
    for (const { inputs, outputs } of pairs) {
      const [x, wanted] = [inputs, outputs].map((one) => Float32Array.from((Object.values(one) as number[][]).flat(2)))
      const y = new Float32Array(actions)
      act(x, 1, y)
      y.forEach((value, i) => void expect(Math.abs(value - wanted[i])).toBeLessThan(3e-5 * (1 + Math.abs(wanted[i]))))
    }
  })

  // bench/check.ts counts how often, over more policies
  it.skipIf(file.endsWith('.pt'))(
    'a sixth of the mistakes are named first, other ones for each robot, and none where all is well',
    {
      timeout: 900_000,
    },
    async () => {
      const policy = await openPolicy(`${policies}${file}`)
      const log = wanderingLog(policy, 10_000, noise, 1)
      const sample = {
        name: file,
        policy: policy.act,
        log,
        bounds: policy.bounds,
        normaliser: policy.normaliser,
        noise,
      }
      expect((await diagnose(sample)).verdict).toBe('noisy')
      const own = plants.filter((_, i) => i % 6 === quadrupeds.indexOf(file))
      await named(sample, own)
    },
  )
})
