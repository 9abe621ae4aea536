/** Errors that cross from a thread to another. */
import { FailedError, InputError } from '../../runtime-as/errors.ts'

/** An error of ours arrives from another thread as a plain one of its name. */
export function ownError(error: Error): Error {
  const Ours = [InputError, FailedError].find(({ name }) => name === error.name)
  return Ours ? new Ours(error.message) : error
}
