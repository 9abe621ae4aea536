/** What a board and this host have counted: the answer to STATS, decoded. */
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** Counters since the board started, and since this host connected. */
export interface Stats {
  /** counted by the board since its start */
  board: {
    /** whole frames with a right CRC */
    frames: number
    /** whole frames with a wrong CRC */
    badCrc: number
    /** frames of a wrong length or badly escaped */
    dropped: number
    /** bytes that found the line buffer full */
    overruns: number
    /** requests answered from memory */
    repeats: number
    /** inferences that were asked for with STEP */
    steps: number
    /** steps whose observation held NaN or an infinity, or was refused by the contract's bounds */
    badObservations: number
    /** steps whose observation was clamped to the contract's bounds */
    clampedObservations: number
    /** requests that came again or behind later ones, and were not answered */
    stale: number
    /** times that no valid observation came in the time that `watch` set */
    failsafes: number
    /** policies that were not confirmed in time */
    reverts: number
    /** times that the whole of the running policy was looked at */
    scrubs: number
    /** times that the running policy, its bounds or an action were not what they have to be: the failsafe was put out, then the other slot tried */
    faults: number
    /** words of the device's own state that were altered, and put right */
    mended: number
    /** steps with an action on one of its bounds, as clamping leaves it */
    bounded: number
    /** windows of 100 intervals between steps that came faster than 0.8 of the contract's period */
    fastWindows: number
    /** windows of 100 intervals between steps that came slower than 1.2 of the contract's period */
    slowWindows: number
    /** mean interval of the last whole window by the board's own clock, in milliseconds; absent: none yet. Single ones: the log */
    interval?: number
  }
  /** of this host, since it connected */
  host: HostCounters
}

/** What this host has seen of the line. */
export interface HostCounters {
  /** sent, not counting those sent again */
  requests: number
  /** sent again because no answer came in time */
  retries: number
  /** frames that were garbage, altered or of another contract */
  bad: number
  /** answers to a request that was no longer waiting */
  late: number
}

export function decodeStats(payload: Uint8Array): Stats['board'] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const word = (at: number) => view.getUint32(at, true)
  const window = word(protocol.STAT_WINDOW)
  return {
    frames: word(protocol.STAT_FRAMES),
    badCrc: word(protocol.STAT_BAD_CRC),
    dropped: word(protocol.STAT_DROPPED),
    overruns: word(protocol.STAT_OVERRUNS),
    repeats: word(protocol.STAT_REPEATS),
    steps: word(protocol.STAT_STEPS),
    badObservations: word(protocol.STAT_BAD_OBSERVATIONS),
    clampedObservations: word(protocol.STAT_CLAMPED),
    stale: word(protocol.STAT_STALE),
    failsafes: word(protocol.STAT_FAILSAFES),
    reverts: word(protocol.STAT_REVERTS),
    scrubs: word(protocol.STAT_SCRUBS),
    faults: word(protocol.STAT_FAULTS),
    mended: word(protocol.STAT_MENDED),
    bounded: word(protocol.STAT_BOUNDED),
    fastWindows: word(protocol.STAT_FAST),
    slowWindows: word(protocol.STAT_SLOW),
    ...(window > 0 && { interval: window / protocol.PACE_STEPS }),
  }
}
