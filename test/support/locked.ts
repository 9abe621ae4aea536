/** Boards whose firmware knows signatures, in this process, and policies signed for them. */
import { crc32 } from 'node:zlib'
import { type InProcessOptions, openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { decodeInfo } from '../../firmware-bridge/host/info.ts'
import { Requester } from '../../firmware-bridge/host/requester.ts'
import { newKey, signPolicy } from '../../firmware-bridge/host/signing.ts'
import { Upload } from '../../firmware-bridge/host/upload.ts'
import { policyFile } from './policies.ts'

export const key = newKey()
export const stranger = newKey()
export const plain = policyFile([3, 12, 1], 1)
export const other = policyFile([3, 20, 20, 1], 2)
export const signed = (counter: number, policy = plain, by = key) => signPolicy(policy, by, counter)
export const FAST = { timeout: 5, patience: 30, longPatience: 500, attempts: 1 }
const opened: Board[] = []

/** Closes what a test opened: after each. */
export async function closeAll(): Promise<void> {
  for (const board of opened.splice(0)) await board.close()
}

export async function connect(options: InProcessOptions = {}) {
  const port = openInProcess({ slotBytes: 16384, signed: true, ...options })
  const board = await Board.connect(port, FAST)
  opened.push(board)
  return { board, port, device: port.board }
}

/** A board that runs `files`, each confirmed, and is locked to the key then. */
export async function locked(options: InProcessOptions = {}, ...files: Uint8Array[]) {
  const all = await connect(options)
  for (const file of files) await all.board.install(file)
  await all.board.lock(key.publicKey)
  return all
}

/** What the device itself says of a file that the client would not even send. Its flash is a copy. */
export async function refusal(file: Uint8Array, options: InProcessOptions): Promise<string> {
  const port = openInProcess({ slotBytes: 16384, signed: true, ...options })
  const line = new Requester(port)
  const each = { timeout: 5, limit: 500 }
  const info = decodeInfo(await line.hello(each), port.name)
  const upload = new Upload(line, file, crc32(file), { each, long: each, budget: 10_000 })
  const said = await upload.run(info).then(
    () => 'taken',
    (error: Error) => error.message,
  )
  await line.close()
  return said
}

export const running = async (board: Board) => (await board.hello()).policy
