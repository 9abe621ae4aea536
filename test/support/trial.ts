/** A board in this process whose trials are short. */
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { TRIAL_MILLIS } from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** After this many steps the time of a trial has passed. */
export function openGivingWay(steps: number) {
  let acted = 0
  return openInProcess({ millis: () => (acted < steps ? 0 : TRIAL_MILLIS + 1), onAct: () => acted++ })
}
