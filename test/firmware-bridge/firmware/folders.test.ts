/** What a port to a new board is: six files, which both boards have, beside what every board shares. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { BOARDS } from '../../../firmware-bridge/firmware/build.ts'

const folder = (name: string) =>
  readdirSync(new URL(`../../../firmware-bridge/firmware/${name}`, import.meta.url), { recursive: true }) as string[]
/** firmware with signatures is another image of the same folder */
const folders = Object.keys(BOARDS).filter((board) => BOARDS[board].folder === undefined)
const readme = readFileSync(new URL('../../../firmware-bridge/firmware/README.md', import.meta.url), 'utf8')
const SIX = [...readme.matchAll(/^\d\. `([a-z]+\.[a-z]+)`:/gm)].map(([, file]) => file)

it('firmware/README.md names the six files of a port, and every board has them', () => {
  expect(SIX).toEqual(['board.ts', 'link.ld', 'board.h', 'clock.c', 'line.c', 'flash.c'])
  for (const board of folders) expect(folder(board), board).toEqual(expect.arrayContaining(SIX))
})

it('a port is those six alone: a README beside them is all that RISC-V has', () => {
  expect(folder('riscv32').sort()).toEqual([...SIX, 'README.md'].sort())
})

it('every kind of core has the same two files', () => {
  const cores = Object.values(BOARDS).map(({ core }) => core)
  for (const core of cores) expect(folder(`common/${core}`).sort()).toEqual(['core.h', 'start.c'])
})

it('what else a board has in C is its own: no file stands in two boards, or in one and in common/', () => {
  const own = folders.map((board) => folder(board).filter((file) => !SIX.includes(file)))
  const files = [...own.flat(), ...folder('common')].filter((file) => /\.[chS]$/.test(file))
  expect(files).toContain('cortex-m/start.c')
  expect(files).toHaveLength(new Set(files).size)
})
