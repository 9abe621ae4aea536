/** Ending simulators: one that reads the end of its input ends by itself, one that is deaf to it or owes an answer is killed. */
import { readFileSync } from 'node:fs'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

/** milliseconds that a process may take to end, once its input has */
export const GRACE = 2000

/** A process with what it has started itself. */
export function killGroup(pid: number): void {
  if (pid !== 0) signalGroup(pid, 'SIGKILL')
}

/** Whether there is such a group. */
function signalGroup(pid: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // it has ended meanwhile
    return false
  }
}

/** as many simulators as may be at work at a time; more are not looked after */
const PLACES = 1024
const KEY = 'bpd: simulators'

/** Of all threads of this process: whether it ends, then each place a process, or 0, and whether it owes an answer. */
const words = shared()
const LEAVING = 0
const pidAt = (place: number) => 1 + 2 * place
const owesAt = (place: number) => 2 + 2 * place

function shared(): Int32Array<SharedArrayBuffer> {
  const there = getEnvironmentData(KEY) as SharedArrayBuffer | undefined
  const buffer = there ?? new SharedArrayBuffer(4 * (1 + 2 * PLACES))
  if (isMainThread && !there) {
    // threads that begin later have it too
    setEnvironmentData(KEY, buffer)
    process.once('exit', endAll)
  }
  return new Int32Array(buffer)
}

/** Looks after a process, which owes its first line: gives its place. */
export function lookAfter(pid: number): number {
  for (let place = 0; pid !== 0 && place < PLACES; place++)
    if (Atomics.compareExchange(words, pidAt(place), 0, pid) === 0) {
      setOwing(place, true)
      return place
    }
  return -1
}

export function setOwing(place: number, owes: boolean): void {
  if (place >= 0) Atomics.store(words, owesAt(place), Number(owes))
}

/** The process has ended: its place is free again. */
export function forget(place: number): void {
  if (place >= 0) Atomics.store(words, pidAt(place), 0)
}

/** Resolves when bpd ends, in the threads that keep processes. */
export async function leaving(): Promise<void> {
  await Atomics.waitAsync(words, LEAVING, 0).value
}

/** The main thread waits here: what keeps the processes ends their inputs meanwhile. */
function endAll(): void {
  const left = () => Array.from({ length: PLACES }, (_, i) => i).filter((place) => isAlive(words[pidAt(place)]))
  for (const place of left()) if (words[owesAt(place)]) killGroup(words[pidAt(place)])
  Atomics.store(words, LEAVING, 1)
  Atomics.notify(words, LEAVING)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (const end = performance.now() + GRACE; left().length > 0 && performance.now() < end; )
    Atomics.wait(pause, 0, 0, 10)
  for (const place of left()) killGroup(words[pidAt(place)])
}

/** One that has ended is still there on Linux where the thread that would have heard of it has ended before. */
function isAlive(pid: number): boolean {
  if (pid === 0 || !signalGroup(pid, 0)) return false
  try {
    return !/^.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    // no such file on other systems
    return process.platform !== 'linux'
  }
}
