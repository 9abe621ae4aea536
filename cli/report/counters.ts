/** What boards and their hosts count, in words. */
import type { HostCounters, Stats } from '../../firmware-bridge/host/stats.ts'

type BoardCounters = Required<Stats['board']>

const ofBoard: Record<keyof BoardCounters, string> = {
  frames: 'whole frames',
  badCrc: 'frames with a wrong CRC',
  dropped: 'frames of a wrong length, or badly escaped',
  overruns: 'bytes that found the line buffer full',
  repeats: 'requests answered from memory',
  steps: 'steps',
  badObservations: 'steps with a refused observation',
  clampedObservations: 'steps with a clamped observation',
  stale: 'old requests, not answered',
  failsafes: 'failsafes: no observation in time',
  reverts: 'policies taken back: not confirmed in time',
  scrubs: 'times that the running policy was looked at',
  faults: 'times that it was not as it has to be',
  mended: "words of the board's state put right",
  bounded: 'steps with an action at its bounds',
  fastWindows: '100 steps that came too fast',
  slowWindows: '100 steps that came too slowly',
  interval: 'mean interval of the last 100 steps, ms',
}

const ofHost: Record<keyof HostCounters, string> = {
  requests: 'requests',
  retries: 'requests sent again',
  bad: 'frames that were garbage or altered',
  late: 'answers that came too late',
}

/** name of the counter -> what it counts */
export const counterWords: Record<string, string> = { ...ofBoard, ...ofHost }
