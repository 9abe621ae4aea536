/** Ending simulators that owe an answer: those that read the end of their input end by themselves. */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

/** A process with what it has started itself. */
export function killGroup(pid: number): void {
  if (pid === 0) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}

/** as many simulators as may be at work at a time; more are not looked after */
const PLACES = 1024
const KEY = 'bpd: simulators that owe an answer'

/** Of all threads of this process, each place a process that owes an answer, or 0. */
const owing = shared()

function shared(): Int32Array {
  const there = getEnvironmentData(KEY) as SharedArrayBuffer | undefined
  const buffer = there ?? new SharedArrayBuffer(4 * PLACES)
  const pids = new Int32Array(buffer)
  if (isMainThread && !there) {
    // threads that begin later have it too
    setEnvironmentData(KEY, buffer)
    process.once('exit', () => {
      for (const pid of pids) killGroup(pid)
    })
  }
  return pids
}

/** Looks after a process until it has answered: gives its place, for `settled`. */
export function owes(pid: number): number {
  for (let place = 0; pid !== 0 && place < PLACES; place++)
    if (Atomics.compareExchange(owing, place, 0, pid) === 0) return place
  return -1
}

/** The place is free again, unless another process has it by now. */
export function settled(place: number, pid: number): void {
  if (place >= 0) Atomics.compareExchange(owing, place, pid, 0)
}
