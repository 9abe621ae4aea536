// What the device does when something is not as it was: the failsafe at once, then what it does at a start. The line and the counters stay.
import { STAT_FAULTS } from './protocol'
import { actFailsafe } from './scrub'
import { boot } from './slots'
import { FAULT, RUNNING, RUNNING_CORE, TRIAL, UPLOAD_BYTES, count, keep } from './state'
import { stand } from './watch'

/** fault: FAULT_FILE, FAULT_BONES or FAULT_ACTION */
export function recover(fault: u32): void {
  actFailsafe()
  count(STAT_FAULTS)
  keep(RUNNING, 0)
  keep(RUNNING_CORE, 0)
  keep(TRIAL, 0)
  keep(UPLOAD_BYTES, 0)
  boot()
  keep(FAULT, fault)
  stand()
}
