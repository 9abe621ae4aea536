/** `node read-in-child.ts ARCHIVE [STATISTICS]`: imports them, and prints what came of it, the peak of its memory and its processor time. */
import { existsSync, readFileSync } from 'node:fs'
import { importTeacher } from '../../trainer/teachers/import.ts'

const [archive, statistics] = process.argv.slice(2)
const cpu = process.cpuUsage()
const error = await importTeacher(archive, { statistics }).then(
  () => undefined,
  (reason: Error) => ({ name: reason.name, message: reason.message }),
)
const { user, system } = process.cpuUsage(cpu)
// maxRSS begins with what the parent had; this process's own peak is known to Linux alone
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS)
console.log(JSON.stringify({ error, peakMiB: peak / 1024, cpuSeconds: (user + system) / 1e6 }))
