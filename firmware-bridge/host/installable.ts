/** What can be installed on a board, and whether an installation that failed is worth another try. */
import { InputError } from '../../runtime-as/errors.ts'
import { openEnvelope } from '../../runtime-as/format/envelope.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import type { BoardInfo } from './info.ts'
import { LostError, RefusedError, SilentError } from './refusal.ts'

/** What becomes of an installed policy. */
export interface InstallOptions {
  /**
   * default true: the policy stays, from now on and after every reset. false: it is on trial until `confirm`; a reset, another
   * installation or 1000 steps bring the last confirmed policy back. There must be one, or the first policy stays anyway
   */
  confirm?: boolean
  /** what messages call the file, default 'policy' */
  name?: string
}

/** Refusals that say that the board lost the upload, not that the policy is bad. */
const LOST = [
  protocol.NO_UPLOAD,
  protocol.BAD_OFFSET,
  protocol.DIFFERENT,
  protocol.INCOMPLETE,
  protocol.BAD_FILE_CRC,
  protocol.OTHER_POLICY,
]

/** Whether an installation ended because line or board lost it, and not because the policy is bad. */
export const isLost = (error: unknown): boolean =>
  error instanceof SilentError ||
  error instanceof LostError ||
  (error instanceof RefusedError && LOST.includes(error.status))

/** bytes: of a policy's file; file: its name. Throws InputError where the board cannot take it: signatures, size. */
export function requireInstallable(bytes: Uint8Array, { name, signatures, fileBytes }: BoardInfo, file: string): void {
  const signed = openEnvelope(bytes, file) !== undefined
  if (signed && !signatures)
    throw new InputError(
      `${file}: signed, but the firmware of ${name} knows no signatures, expected one that does, or the policy unsigned ` +
        `("bpd export ${file} --form bpd" takes the signature off)`,
    )
  if (!signed && signatures?.locked)
    throw new InputError(
      `${file}: not signed, expected one signed by the key that ${name} is locked to ("bpd flash --sign-key" signs it)`,
    )
  if (bytes.length > fileBytes)
    throw new InputError(`${file}: ${bytes.length} bytes, expected at most ${fileBytes} as a slot of ${name} holds`)
}
