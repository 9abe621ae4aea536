// The line's speed. A board begins at its own. SPEED asks for another one, which stays while what comes over the line makes sense. Only where
// the module has SPEEDS.
import { millis, speed } from './board'
import { BAD_LENGTH, NO_SPEED, OK, PAYLOAD, RESULT, SPEED_MILLIS, SPEED_OFF } from './protocol'
import { ANSWER_FRAME, FRAME, HEARD, HEARD_AT, PUT, SPEED_SET, TAKEN, keep, refuse, state, table } from './state'
import { LINE_HZ, LINE_LEAST } from './table'

/** The divisor that comes nearest. baud: not 0 */
function divisorOf(baud: u32): u32 {
  return (load<u32>(table, LINE_HZ) + (baud >>> 1)) / baud
}

/** payload: baud u32; out: the speed that the line will have for it, u32 */
export function wish(payload: usize, length: u32, out: usize): u32 {
  if (length != 4) return refuse(BAD_LENGTH, 4)
  const hz = load<u32>(table, LINE_HZ)
  // 0: there is no speed to set
  const least = load<u32>(table, LINE_LEAST)
  const baud = load<u32>(payload)
  const divisor: u32 = baud ? divisorOf(baud) : 0
  const known = least != 0 && divisor >= least && divisor <= 0xffff
  const near: u32 = known ? hz / divisor : 0
  const off = near > baud ? near - baud : baud - near
  if (!known || off > baud / SPEED_OFF) return refuse(NO_SPEED, least ? hz / least : 0)
  store<u32>(out, near)
  return OK
}

/** The SPEED in FRAME has been answered: from now on it holds. Again, where its answer was lost: the board may have gone back since. */
export function change(): void {
  if (load<u8>(state + ANSWER_FRAME, RESULT) != OK) return
  keep(SPEED_SET, 1)
  speed(divisorOf(load<u32>(state + FRAME, PAYLOAD)))
}

/** Looks at what has come since the last call. understood: a whole frame that was right. Nothing but noise for SPEED_MILLIS, and the host is at another speed. */
export function listen(understood: bool): void {
  if (!load<u32>(state, SPEED_SET)) return
  if (understood || load<u32>(state, PUT) == load<u32>(state, HEARD)) {
    store<u32>(state, load<u32>(state, TAKEN), HEARD)
    store<u32>(state, millis(), HEARD_AT)
  } else if (millis() - load<u32>(state, HEARD_AT) > <u32>SPEED_MILLIS) {
    keep(SPEED_SET, 0)
    speed(0)
  }
}
