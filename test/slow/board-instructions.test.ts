/** Instructions on the emulated Cortex-M4F and RISC-V may not grow unseen: whoever makes them grow stores the new figures in the same commit. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type BoardResults,
  measureBoard,
  measureOther,
  type OtherResults,
  RESULTS,
  resultsOf,
} from '../../bench/board.ts'
import { qemuRiscv32 } from '../../firmware-bridge/emulators/riscv32.ts'

const GROWTH = 1.02
const stored: BoardResults = JSON.parse(readFileSync(RESULTS, 'utf8'))

describe('instructions of an inference on the emulated STM32F405', () => {
  let now: BoardResults
  beforeAll(async () => {
    now = await measureBoard()
  }, 300_000)

  it('are measured for every case whose files are here', () => {
    const names = now.rows.map((row) => row.case)
    expect(names.sort()).toEqual(stored.rows.map((row) => row.case).sort())
  })

  it('have not grown by more than 2 % over bench/results/board.json', () => {
    for (const row of now.rows) {
      const before = stored.rows.find((one) => one.case === row.case)
      expect(row.groupedInstructions, row.case).toBeLessThanOrEqual(GROWTH * (before?.groupedInstructions ?? 0))
      if (row.straightInstructions !== undefined) {
        expect(row.straightInstructions, row.case).toBeLessThanOrEqual(GROWTH * (before?.straightInstructions ?? 0))
      }
      expect(row.denseInstructions, row.case).toBeLessThanOrEqual(GROWTH * (before?.denseInstructions ?? 0))
    }
  })

  it('reach what they exist for at the paper’s pendulum size', () => {
    const paper = now.rows.find((row) => row.case === 'pendulum-paper')
    expect(paper?.denseInstructions).toBeLessThanOrEqual(300_000)
    expect(paper?.groupedInstructions).toBeLessThanOrEqual(8000)
    expect(paper?.straightInstructions ?? 0).toBeLessThanOrEqual(5100)
    expect(paper?.groupedP99).toBeLessThanOrEqual(1.01 * (paper?.groupedInstructions ?? 0))
    const { ramBytes = NaN, firmwareRamBytes = NaN, lineBufferBytes = NaN } = paper ?? {}
    expect(ramBytes + firmwareRamBytes - lineBufferBytes).toBeLessThanOrEqual(2048)
  })
})

describe('instructions of an inference on the emulated RISC-V, which has no FPU', () => {
  const before: OtherResults = JSON.parse(readFileSync(resultsOf('riscv32'), 'utf8'))
  let now: OtherResults
  beforeAll(async () => {
    now = await measureOther(qemuRiscv32, 'riscv32')
  }, 300_000)

  it('are measured for every case whose files are here', () => {
    expect(now.rows.map((row) => row.case).sort()).toEqual(before.rows.map((row) => row.case).sort())
  })

  it('have not grown by more than 2 % over bench/results/board-riscv32.json', () => {
    for (const row of now.rows) {
      const stored = before.rows.find((one) => one.case === row.case)
      expect(row.groupedInstructions, row.case).toBeLessThanOrEqual(GROWTH * (stored?.groupedInstructions ?? 0))
      expect(row.denseInstructions, row.case).toBeLessThanOrEqual(GROWTH * (stored?.denseInstructions ?? 0))
    }
  })

  it('of a student are a thirtieth of its dense network, and fewer', () => {
    expect(now.rows.length).toBeGreaterThan(5)
    for (const row of now.rows) expect(row.denseInstructions / row.groupedInstructions, row.case).toBeGreaterThan(30)
  })
})
