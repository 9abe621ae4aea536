/** A worker of process.ts: keeps one process, passes it messages, and puts what it answers into the mailbox. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as later } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { forget, GRACE, killGroup, leaving, lookAfter, setOwing } from './kill.ts'
import { Mailbox, MOST_BYTES } from './mailbox.ts'

export interface Kept {
  words: readonly string[]
  shared: SharedArrayBuffer
}

const { words, shared } = workerData as Kept
const mailbox = new Mailbox(shared)
const fail = (text: string) => mailbox.fail(text)

/** bytes of stderr that are kept: its last line tells why a process ended */
const TAIL = 4096

const child = spawn(words[0], words.slice(1), {
  // a group of its own: Ctrl-C at a terminal is for bpd, which ends it
  detached: process.platform !== 'win32',
  windowsHide: true,
})
const pid = child.pid ?? 0
mailbox.pid = pid
const place = lookAfter(pid)

let greeted = false
let asked = true
let got: Buffer = Buffer.alloc(0)
let said = ''

child.stderr.setEncoding('utf8').on('data', (text: string) => {
  said = (said + text).slice(-TAIL)
})
child.stdout.on('data', (bytes: Buffer) => {
  got = got.length === 0 ? bytes : Buffer.concat([got, bytes])
  take()
})
// the end of the process says more
child.stdin.on('error', () => {})
child.stdout.on('error', () => {})
child.on('error', (error: NodeJS.ErrnoException) => fail(`cannot be started (${error.code ?? error.message})`))
child.on('exit', async (code, signal) => {
  forget(place)
  const closed = new Promise((resolve) => child.on('close', resolve))
  // a child of its own may hold its outputs open
  await Promise.race([closed, later(200)])
  const how = signal ? `was killed (${signal})` : `ended with exit code ${code}`
  const last = said.trimEnd().split('\n').at(-1)?.trim()
  fail(last ? `${how}: ${last.slice(0, 300)}` : how)
})

parentPort!.on('message', (message: Uint8Array | 'end') => {
  if (message === 'end') return end()
  asked = true
  setOwing(place, true)
  child.stdin.write(message)
})
// whoever waits for that ends what is deaf to it
leaving().then(() => child.stdin.end())

/** Ends its input, and what is deaf to that; then this thread. */
async function end(): Promise<void> {
  child.stdin.end()
  await Promise.race([once(child, 'exit'), later(GRACE)])
  if (child.exitCode === null && child.signalCode === null) killGroup(pid)
  process.exit()
}

/** The first line, or one answer; anything that nobody asked for is a fault. */
function take(): void {
  if (!asked) refuse(`wrote ${got.length} bytes that nobody asked for: ${shown(got)}`)
  else if (greeted) takeAnswer()
  else takeLine()
}

function takeLine(): void {
  const end = got.indexOf('\n')
  if (end > MOST_BYTES || (end < 0 && got.length > MOST_BYTES))
    refuse(`wrote no line within ${MOST_BYTES} bytes: ${shown(got)}`)
  else if (end >= 0 && !isMap(got.subarray(0, end)))
    refuse(`first line of its output: ${shown(got.subarray(0, end))}, expected a map in JSON, and no print before it`)
  else if (end >= 0) hand(got.subarray(0, end), end + 1)
}

/** What is printed before the first line would be taken for it, and that one for what nobody asked for. */
function isMap(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function takeAnswer(): void {
  if (got.length < 4) return
  const length = got.readUInt32LE(0)
  if (length > MOST_BYTES) refuse(`wrote what is no answer: ${shown(got)}`)
  else if (got.length >= 4 + length) hand(got.subarray(4, 4 + length), 4 + length)
}

function hand(bytes: Uint8Array, taken: number): void {
  greeted = true
  asked = false
  setOwing(place, false)
  got = got.subarray(taken)
  if (got.length > 0) take()
  else mailbox.answer(bytes)
}

/** Nothing more is read of it. */
function refuse(text: string): void {
  child.stdout.destroy()
  // before this thread can go with whoever hears of it
  killGroup(pid)
  fail(text)
}

/** Its beginning, as text: what a stray print writes can be told by it. */
const shown = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 40).toString('latin1'))
