import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostileArchives, hostileStatistics } from '../support/hostile.ts'
import { archiveOf, linear } from '../support/sb3-archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-hostile-'))
afterAll(() => rmSync(folder, { recursive: true }))
const [archive, statistics] = [join(folder, 'a.zip'), join(folder, 's.pkl')]
const script = fileURLToPath(new URL('../support/read-in-child.ts', import.meta.url))

interface Outcome {
  error?: { name: string; message: string }
  peakMiB: number
  cpuSeconds: number
}

function readInChild(...files: string[]): Outcome {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}

const good = archiveOf({ ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 2, 4) })
let usual: Outcome
beforeAll(() => {
  writeFileSync(archive, good)
  usual = readInChild(archive)
  expect(usual.error).toBeUndefined()
})

/** One line, 100 MiB; a second on a free machine. */
function expectRefusal({ error, peakMiB, cpuSeconds }: Outcome, message: RegExp): void {
  expect(error?.name).toBe('InputError')
  expect(error?.message).toMatch(message)
  expect(error?.message).not.toContain('\n')
  expect(error?.message.length).toBeLessThan(400)
  expect(peakMiB - usual.peakMiB).toBeLessThan(100)
  expect(cpuSeconds).toBeLessThan(5)
}

describe('a hostile archive is refused within 100 MiB', () => {
  it.each(hostileArchives)('%s', (_, make, message) => {
    writeFileSync(archive, make())
    expectRefusal(readInChild(archive), message)
  })
})

describe('hostile statistics are refused within 100 MiB', () => {
  it.each(hostileStatistics)('%s', (_, make, message) => {
    writeFileSync(archive, good)
    writeFileSync(statistics, make())
    expectRefusal(readInChild(archive, statistics), message)
  })

  it('however small: the doublings take less than 314 bytes', () => {
    expect(hostileStatistics[0][1]().length).toBeLessThan(314)
    expect(hostileArchives[0][1]().length).toBeLessThan(1000)
  })
})
