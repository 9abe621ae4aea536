/** What `bpd qualify` finds out about a board and a policy before motors are connected: a record a check, listed in checks.ts. */
import type { Policy } from '../../../runtime-as/kernel/policy.ts'
import type { Board } from '../client.ts'
import type { Port, PortKind } from '../port.ts'
import type { SigningKey } from '../signing.ts'

/** What a check works on. The policy runs and is confirmed when it is called, and must be when it is done. */
export interface Bench {
  board: Board
  /** the open line that `board` talks over */
  port: Port
  kind: PortKind
  /** the same policy on this host, and the whole file */
  policy: Policy
  bytes: Uint8Array
  /** of the board, where it was paired with one */
  key?: Uint8Array
  /** who has to have signed the policy, and whom the board has to be locked to */
  signedBy?: SigningKey
  /** how many observations the parity is looked at with */
  observations: number
  /** told how far it is, 0..1 */
  onProgress(share: number): void
}

/** One line of the report. */
export interface Finding {
  /** unchecked: this port cannot show it; it says why */
  verdict: 'pass' | 'fail' | 'unchecked'
  /** one line */
  said: string
  figures?: Record<string, unknown>
}

export interface Check {
  name: string
  run(bench: Bench): Promise<Finding>
}

export const pass = (said: string, figures?: Record<string, unknown>): Finding => ({
  verdict: 'pass',
  said,
  ...(figures && { figures }),
})
export const fail = (said: string, figures?: Record<string, unknown>): Finding => ({
  ...pass(said, figures),
  verdict: 'fail',
})
export const unchecked = (said: string): Finding => ({ verdict: 'unchecked', said })
