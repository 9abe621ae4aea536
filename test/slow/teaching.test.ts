/** A teacher is the same bits for the same seed, however often its training was interrupted. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { type Algorithm, algorithmNames } from '../../trainer/teachers/algorithms.ts'
import { type TeachRun, teach } from '../../trainer/teachers/teach.ts'
import { teachDefaults } from '../../trainer/teachers/teach-options.ts'

describe('teaching', () => {
  const short = (seed: number, threads: number, run: TeachRun = {}, steps = 260, algorithm: Algorithm = 'td3') =>
    teach(
      () => new Pendulum(),
      {
        ...teachDefaults,
        algorithm,
        steps,
        randomSteps: 200,
        hidden: [16, 16],
        evaluateEvery: 30,
        evaluationEpisodes: 1,
        seed,
        threads,
      },
      run,
    )

  it.each(algorithmNames)(
    '%s interrupted saves, continues to the same bits, its clock and other steps too; refuses a checkpoint of another run or an altered one',
    async (algorithm) => {
      const folder = mkdtempSync(join(tmpdir(), 'bpd-teach-'))
      try {
        const path = join(folder, 'checkpoint.safetensors')
        const checkpoint = { path, minutes: 1000 }
        const whole = await short(1, 1, {}, 450, algorithm)
        const stop = new AbortController()
        const clock: number[] = []
        const onProgress = ({ step, seconds }: { step: number; seconds: number }) => {
          clock.push(seconds)
          if (step > 300) stop.abort()
        }
        await expect(short(1, 1, { checkpoint, onProgress, signal: stop.signal }, 450, algorithm)).rejects.toThrow(
          'interrupted at step 400; --resume continues',
        )
        await expect(short(2, 1, { checkpoint }, 450, algorithm)).rejects.toThrow(
          'seed: the checkpoint was made with 1, this run has 2',
        )
        expect(await short(1, 2, { checkpoint, onProgress }, 450, algorithm)).toEqual(whole)
        expect(clock).toEqual(clock.toSorted((a, b) => a - b))
        // the checkpoint of step 400, with other plans for what follows
        const longer = await short(1, 1, {}, 480, algorithm)
        expect(await short(1, 1, { checkpoint }, 480, algorithm)).toEqual(longer)
        await expect(short(1, 1, { checkpoint }, 400, algorithm)).rejects.toThrow('400 steps are done')
        const bytes = readFileSync(path)
        bytes[bytes.length - 1] ^= 1
        writeFileSync(path, bytes)
        await expect(short(1, 1, { checkpoint }, 450, algorithm)).rejects.toThrow('altered')
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )

  it('by SAC gives an actor of the means alone, the same for the same seed', async () => {
    const one = await short(1, 1, {}, 260, 'sac')
    expect(one.network.layers.map(({ outputs }) => outputs)).toEqual([16, 16, 1])
    expect(await short(1, 1, {}, 260, 'sac')).toEqual(one)
    expect((await short(2, 1, {}, 260, 'sac')).network).not.toEqual(one.network)
  })

  it('gives the same bits for the same seed, on one thread or two, and others for another seed', async () => {
    const one = await short(1, 1)
    expect(await short(1, 2)).toEqual(one)
    expect((await short(2, 1)).network).not.toEqual(one.network)
  })
})
