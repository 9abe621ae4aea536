/** What the firmware's build takes from wasm2c, and what it refuses. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { stm32f405 } from '../../../firmware-bridge/firmware/stm32f405/board.ts'
import { ownSource, wasm2cScript } from '../../../firmware-bridge/firmware/wasm2c.ts'
import { FailedError } from '../../../runtime-as/errors.ts'

let generated = ''
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-wasm2c-'))
  const wasm = fileURLToPath(new URL('../../../runtime-as/kernel/build/policy.wasm', import.meta.url))
  execFileSync(process.execPath, [wasm2cScript(), wasm, '--module-name', 'policy', '-o', join(folder, 'policy.c')])
  generated = readFileSync(join(folder, 'policy.c'), 'utf8')
  rmSync(folder, { recursive: true })
})

describe('the C source of a firmware', () => {
  it('marks every product that is added to a sum', () => {
    const source = ownSource(generated)
    expect(source.match(/multiply_add\(/g)?.length).toBeGreaterThan(40)
    expect(source).not.toContain('native_')
  })

  it('calls what a board brings its own of, with the module’s own arguments', () => {
    const source = ownSource(generated, stm32f405.replaced)
    for (const name of stm32f405.replaced ?? []) {
      expect(source).toMatch(new RegExp(`^void native_${name}\\(u32(, u32){4,5}\\);$`, 'm'))
      expect(source.split(`native_${name}(`).length).toBeGreaterThan(2)
      expect(source).not.toMatch(new RegExp(`w2c_policy_${name}_0\\(instance`))
    }
  })

  it('is refused where a board would replace what the module does not call', () => {
    expect(() => ownSource(generated, ['dense', 'sparse'])).toThrow(FailedError)
    expect(() => ownSource(generated, ['sparse'])).toThrow('policy.wasm: no call of sparse, expected one to replace')
  })

  it('is refused where the module has a memory or data of its own', () => {
    expect(() => ownSource(`${generated}\nwasm_rt_grow_memory(1);`)).toThrow('needs wasm_rt_grow_memory')
    expect(() => ownSource('int main;')).toThrow('wasm2c wrote no function')
  })
})
