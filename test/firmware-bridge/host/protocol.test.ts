import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { InProcessBoard } from '../../../firmware-bridge/emulators/in-process.ts'
import { encodeFrame } from '../../../firmware-bridge/host/frames.ts'
import * as protocol from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { tinyFile } from '../../support/tiny.ts'

const page = readFileSync(new URL('../../../firmware-bridge/PROTOCOL.md', import.meta.url), 'utf8')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The page's exchange: what the host sends and what the device answers, in hex, empty: nothing. */
function exchange(): { title: string; sent: string; answered: string }[] {
  const text = /```exchange\n(.*?)```/s.exec(page)?.[1] ?? ''
  const file = hex(encodeFrame(tinyFile()).subarray(1, -1))
  return text
    .split(/^# /m)
    .slice(1)
    .map((part) => {
      const [title, ...lines] = part.split('\n')
      const [sent, answered = ''] = lines.join('').replaceAll(/\s|>/g, '').replace('{file}', file).split('<')
      return { title, sent, answered }
    })
}

function exchangeBoard(): InProcessBoard {
  const sizes = { slotBytes: 8192, eraseBytes: 4096, programBytes: 256, stateBytes: 4096, clockHz: 125_000_000 }
  let cycles = 0
  const counter = () => {
    cycles += 1000
    return cycles
  }
  return new InProcessBoard({ ...sizes, cycles: counter, millis: () => 1500, seed: () => 0x5eed0000 })
}

const withPython = spawnSync('python3', ['--version']).status === 0 ? it : it.skip

describe('PROTOCOL.md', () => {
  it('shows an exchange that the device repeats byte for byte', async () => {
    const board = exchangeBoard()
    const heard: Buffer[] = []
    board.duplex.on('data', (bytes: Buffer) => heard.push(bytes))
    const exchanges = exchange()
    expect(exchanges).toHaveLength(14)
    for (const { title, sent, answered } of exchanges) {
      board.duplex.write(Buffer.from(sent, 'hex'))
      await new Promise(setImmediate)
      expect(hex(Buffer.concat(heard.splice(0))), title).toBe(answered)
    }
  })

  withPython('shows a smallest client, whose bytes are those of the exchange', async () => {
    const program = /```python\n(.*?)```/s.exec(page)?.[1] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'bpd-protocol-'))
    writeFileSync(join(folder, 'tiny.bpd'), tinyFile())
    const board = exchangeBoard()
    const client = spawn('python3', ['-c', program, 'tiny.bpd'], { cwd: folder })
    const sent: Buffer[] = []
    client.stdout.on('data', (bytes: Buffer) => {
      sent.push(bytes)
      board.duplex.write(bytes)
    })
    board.duplex.on('data', (bytes: Buffer) => client.stdin.write(bytes))
    expect(await text(client.stderr)).toMatch(/^1000 \[1\.4681\d+\]\s$/)
    expect(hex(Buffer.concat(sent))).toBe(
      exchange()
        .slice(0, 6)
        .map((each) => each.sent)
        .join(''),
    )
    rmSync(folder, { recursive: true })
  })

  it('lists the types, statuses and offsets of the code', () => {
    const rows = [...page.matchAll(/^\| (\d+) +\| ([A-Z_]+) +\|/gm)].map(([, number, name]) => [name, Number(number)])
    expect(rows).toHaveLength(14 + 30)
    const code = protocol as Record<string, unknown>
    for (const [name, number] of rows) expect(code[name], `${name}`).toBe(number)

    const section = (title: string) => page.split(new RegExp(`^##+ ${title}$`, 'm'))[1].split(/^##/m)[0]
    const offsets = (title: string) => [...section(title).matchAll(/^\| (\d+) +\| u/gm)].map((row) => Number(row[1]))
    const info = Object.entries(protocol).filter(([name]) => name.startsWith('INFO_') && name !== 'INFO_BYTES')
    expect(offsets('Answer to HELLO')).toEqual(info.map(([, offset]) => offset).sort((a, b) => a - b))
    expect(offsets('Answer to LOG')).toEqual([protocol.LOG_CRC, protocol.LOG_MILLIS, protocol.LOG_CYCLES])
    expect(offsets('Slots')).toEqual([
      protocol.SLOT_MAGIC,
      protocol.SLOT_GENERATION,
      protocol.SLOT_FILE_BYTES,
      protocol.SLOT_FILE_CRC,
      protocol.SLOT_CRC,
    ])
  })
})
