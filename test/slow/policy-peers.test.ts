/**
 * Policies that PyTorch, its two ONNX exporters and Stable-Baselines3 write now act here as they do there. test/fixtures/policies has some of
 * them from one day, which `npm test` reads; this writes all anew. PyTorch from PyPI is 5 GB, so it is never asked for: BPD_PEERS names a
 * Python that has torch, onnx, onnxscript, onnxruntime and stable-baselines3.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, policiesIn } from '../support/policy-vectors.ts'

const python = process.env.BPD_PEERS
const script = fileURLToPath(new URL('peers/policies.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-peers-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!python)('policies of PyTorch and Stable-Baselines3 (needs BPD_PEERS, a Python that has both)', () => {
  beforeAll(() => {
    execFileSync(python!, [script, folder], { stdio: 'ignore' })
  }, 1_200_000)

  it('act here as there, to 1e-5 of the action', async () => {
    const policies = policiesIn(folder)
    expect(policies.length).toBeGreaterThan(80)
    for (const policy of policies) expect(await errorOf(policy), policy.name).toBeLessThanOrEqual(1e-5)
  })
})
