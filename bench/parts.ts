/**
 * What each part of the device costs, as one JSON object: bytes of the module, of the Pico's image (code, and flash in all) and of RAM that policies have
 * less, for each part alone on top of the smallest firmware, and for the modules that are built. Needs the Pico's cross compiler. `npm run bench:parts`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPicoEmulator } from '../firmware-bridge/emulators/pico.ts'
import { build } from '../firmware-bridge/firmware/build.ts'
import { rp2040 } from '../firmware-bridge/firmware/rp2040/board.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { compileDevice, MODULES, type Parts } from '../runtime-as/kernel/modules.ts'

const student = readFileSync(new URL('../models/pendulum/student.bpd', import.meta.url))
const CASES: Record<string, Parts> = {
  small: MODULES.small,
  'small and scrub': { ...MODULES.small, scrubbed: true },
  'small and keys': { ...MODULES.small, keyed: true },
  'small and faster lines': { ...MODULES.small, speeds: true },
  'small and signatures': { ...MODULES.small, signed: true },
  policy: MODULES.policy,
  signed: MODULES.signed,
}

/** An image with these parts, and what a Pico says of itself that ran the shipped student on it. */
async function measure(parts: Parts, work: string): Promise<Record<string, number>> {
  const wasm = join(work, 'parts.wasm')
  const { length } = await compileDevice(parts, wasm)
  const board = parts.signed ? { ...rp2040, module: 'signed' as const } : rp2040
  const { 'rp2040.bin': image } = build('rp2040', { ...board, folder: 'rp2040' }, work, { wasm })
  const pico = await Board.connect({ name: 'pico', ...(await openPicoEmulator({ image })) })
  try {
    await pico.install(student)
    await pico.bench(20)
    const { workBytes, staticBytes, stackUsed } = await pico.hello()
    return { moduleBytes: length, imageBytes: image.length, staticBytes, workBytes, stackUsed }
  } finally {
    await pico.close()
  }
}

const work = mkdtempSync(join(tmpdir(), 'bpd-parts-'))
try {
  const report: Record<string, object> = {}
  for (const [name, parts] of Object.entries(CASES)) report[name] = await measure(parts, work)
  console.log(JSON.stringify(report, null, 2))
} finally {
  rmSync(work, { recursive: true })
}
