/**
 * The user's input was refused at the door (missing, foreign, altered, out of range): one line, exit code 2.
 *
 * @example
 * import { InputError, loadPolicy } from 'bpd'
 *
 * try {
 *   loadPolicy(new Uint8Array(8), 'broken.bpd')
 * } catch (error) {
 *   if (!(error instanceof InputError)) throw error
 *   console.log(error.message) // => broken.bpd: …
 * }
 */
export class InputError extends Error {
  override name = 'InputError'
}

/**
 * The input was fine and the work failed (a board that does not answer, a run that diverged): one line, exit code 1.
 *
 * @example
 * import { FailedError } from 'bpd'
 *
 * const error = new FailedError('the board is gone')
 * console.log(error instanceof Error, error.message) // => true the board is gone
 */
export class FailedError extends Error {
  override name = 'FailedError'
}
