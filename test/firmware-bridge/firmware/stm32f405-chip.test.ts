/** clock.c and flash.c of the STM32F405, compiled for this computer against a model of what QEMU does not have. Skipped without a compiler. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeWith } from '../../support/require.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const possible = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0

describeWith('Linux with a C compiler', possible)('on a modelled STM32F405', () => {
  it('clocks come up whatever is missing; flash is unlocked, erased by its sectors, programmed and locked again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bpd-chip-'))
    try {
      const boards = path('../../../firmware-bridge/firmware')
      const chip = `${boards}/stm32f405`
      const program = join(folder, 'chip')
      const model = [
        '-DREGISTER(a)=(*touch(a))',
        '-DBARRIER()=((void)0)',
        '-include',
        path('../../support/stm32f405-chip.h'),
      ]
      // policy.h is what the firmware's build generates; nothing of it is needed here
      writeFileSync(join(folder, 'policy.h'), '')
      const include = [`-I${folder}`, `-I${chip}`, `-I${boards}/common`]
      const sources = [path('../../support/stm32f405-model.c'), `${chip}/clock.c`, `${chip}/flash.c`]
      execFileSync('cc', ['-std=gnu11', '-O1', '-w', ...model, ...include, ...sources, '-o', program])
      const { status, stdout } = spawnSync(program, { encoding: 'utf8' })
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
