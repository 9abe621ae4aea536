/**
 * Which process a lock or a half-written file belongs to, as a name: <pid>-<start>@<host>. When it began tells it from a later process that
 * was given the same number.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Owner {
  pid: number
  /** when it began, in whatever form this system says it; '' where it does not */
  start: string
  host: string
}

const plain = (text: string) => text.replace(/[^\w.]+/g, '.')
const here = plain(hostname()) || 'localhost'

/** When a process began; undefined where there is none, or it has ended and is only not yet waited for; '' where the system does not say. */
function startOf(pid: number): string | undefined {
  if (!exists(pid)) return undefined
  if (process.platform === 'win32') return ''
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' })
    return plain((stdout ?? '').trim())
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name in brackets may hold anything
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return undefined
    // ticks since this boot
    return `${fields[18]}.${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)}`
  } catch {
    return exists(pid) ? '' : undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let mine: string | undefined

/** The name of this process. */
export function thisOwner(): string {
  mine ??= `${process.pid}-${startOf(process.pid)}@${here}`
  return mine
}

/** The owner in a name; undefined where it names none. */
export function ownerIn(name: string): Owner | undefined {
  const [, pid, start, host] = /^(\d+)-([\w.]*)@([\w.]+)$/.exec(name) ?? []
  return pid === undefined ? undefined : { pid: Number(pid), start, host }
}

/** Whether the process has surely ended; of another computer's that cannot be known. */
export function isGone({ pid, start, host }: Owner): boolean {
  if (host !== here) return false
  const now = startOf(pid)
  if (now === undefined) return true
  return now !== '' && start !== '' && now !== start
}

export const elsewhere = ({ host }: Owner): boolean => host !== here
