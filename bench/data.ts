/** Time and most memory that opening a million rows takes (observations 27, actions 8), in the formats that are written here, as one JSON object. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ready } from 'h5wasm/node'
import { openData } from '../trainer/data/data-set.ts'
import { randomStream } from '../trainer/random.ts'

const [count, observations, actions, length] = [1_000_000, 27, 8, 1000]
const names = (name: string, n: number) => Array.from({ length: n }, (_, i) => `${name}${i}`)
const mapping = { observations: ['q'], actions: ['u'], rewards: ['r'], episodes: ['e'] }

/** an episode's rows over and over */
function numbers(width: number): Float32Array {
  const random = randomStream(1, 'memory')
  return Float32Array.from({ length: length * width }, () => random.normal())
}

function writeCsv(path: string): void {
  writeFile(path, `e,${[...names('q', observations), ...names('u', actions)].join(',')},r\n`)
  const rows = numbers(observations + actions + 1)
  for (let episode = 0; episode < count / length; episode++) {
    const lines = Array.from({ length }, (_, row) =>
      [episode, ...rows.subarray(row * 36, row * 36 + 36)].map((x) => `${Number(x.toPrecision(7))}`).join(','),
    )
    appendFileSync(path, `${lines.join('\n')}\n`)
  }
}

const writeFile = (path: string, text: string) => {
  const descriptor = openSync(path, 'w')
  writeSync(descriptor, text)
  closeSync(descriptor)
}

/** Stored, as np.savez writes it. */
function writeNpz(path: string): void {
  const arrays: [name: string, shape: string, piece: Float32Array | BigInt64Array][] = [
    ['q', `(${count}, ${observations})`, numbers(observations)],
    ['u', `(${count}, ${actions})`, numbers(actions)],
    ['r', `(${count},)`, numbers(1)],
  ]
  const descriptor = openSync(path, 'w')
  const central: Buffer[] = []
  let at = 0
  const put = (bytes: Uint8Array) => {
    writeSync(descriptor, bytes)
    at += bytes.length
  }
  for (const [name, shape, piece] of arrays) {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)
    const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'), Buffer.from(`${text}\n`)])
    const bytes = Buffer.from(piece.buffer)
    let crc = crc32(head)
    for (let i = 0; i < count / length; i++) crc = crc32(bytes, crc)
    const size = head.length + bytes.length * (count / length)
    const file = Buffer.from(`${name}.npy`)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20)
    facts.writeUInt32LE(crc, 10)
    facts.writeUInt32LE(size, 14)
    facts.writeUInt32LE(size, 18)
    facts.writeUInt16LE(file.length, 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), facts, tail, file)
    put(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, file, head]))
    for (let i = 0; i < count / length; i++) put(bytes)
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(arrays.length, 8)
  end.writeUInt16LE(arrays.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  put(directory)
  put(end)
  closeSync(descriptor)
}

/** As Minari lays it out. */
async function writeHdf5(path: string): Promise<void> {
  await ready
  const { File } = await import('h5wasm/node')
  const file = new File(path, 'w')
  const [q, u, r] = [observations, actions, 1].map(numbers)
  for (let episode = 0; episode < count / length; episode++) {
    const group = file.create_group(`episode_${episode}`)
    const array = (name: string, data: Float32Array, shape: number[]) => group.create_dataset({ name, data, shape })
    array('observations', Float32Array.of(...q, ...q.subarray(0, observations)), [length + 1, observations])
    array('actions', u, [length, actions])
    array('rewards', r, [length])
  }
  file.close()
}

const formats: Record<string, (path: string) => void | Promise<void>> = {
  csv: writeCsv,
  npz: writeNpz,
  hdf5: writeHdf5,
}

const [format, path] = process.argv.slice(2)
if (path) {
  const began = performance.now()
  const data = await openData(
    path,
    ['hdf5', 'parquet'].includes(format)
      ? {}
      : { mapping: format === 'csv' ? mapping : { ...mapping, episodes: ['none'] } },
  )
  const seconds = (performance.now() - began) / 1000
  for (let first = 0; first < data.count; first += 4096) data.read(first, Math.min(4096, data.count - first))
  // maxRSS begins with what the parent had
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const mostMB = Math.round((Number(kilobytes) * 1024) / 1e6)
  const figures = { fileMB: Math.round(statSync(path).size / 1e6), seconds: Number(seconds.toFixed(1)), mostMB }
  console.log(JSON.stringify({ rows: data.count, episodes: data.episodes.length, ...figures }))
} else {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-data-'))
  const result: Record<string, unknown> = {}
  try {
    for (const [name, write] of Object.entries(formats)) {
      const file = join(folder, name)
      await write(file)
      const { stdout } = spawnSync(process.execPath, [import.meta.filename, name, file], { encoding: 'utf8' })
      result[name] = JSON.parse(stdout)
      rmSync(file)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  console.log(JSON.stringify(result))
}
