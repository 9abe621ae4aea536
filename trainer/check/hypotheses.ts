/** The mistakes that `bpd check` knows, one line each. */

import { actionClipHypothesis } from './hypotheses/action-clip.ts'
import { actionOrderHypothesis } from './hypotheses/action-order.ts'
import { actionScaleHypothesis } from './hypotheses/action-scale.ts'
import { squashHypothesis } from './hypotheses/action-squash.ts'
import { clipHypothesis } from './hypotheses/clip.ts'
import { historyHypothesis } from './hypotheses/history.ts'
import { normaliserHypothesis, offsetsHypothesis } from './hypotheses/normaliser.ts'
import { orderHypothesis } from './hypotheses/order.ts'
import { scaleHypothesis, signHypothesis, unitHypothesis } from './hypotheses/scale.ts'
import { shiftHypothesis } from './hypotheses/shift.ts'
import { lagHypothesis, rateHypothesis } from './hypotheses/time.ts'
import type { Hypothesis } from './hypothesis.ts'

export const hypotheses: readonly Hypothesis[] = [
  actionOrderHypothesis,
  actionScaleHypothesis,
  squashHypothesis,
  actionClipHypothesis,
  lagHypothesis,
  rateHypothesis,
  historyHypothesis,
  signHypothesis,
  unitHypothesis,
  scaleHypothesis,
  shiftHypothesis,
  clipHypothesis,
  orderHypothesis,
  normaliserHypothesis,
  offsetsHypothesis,
]
