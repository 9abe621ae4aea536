/** The user's input was refused at the door (missing, foreign, altered, out of range): one line, exit code 2. */
export class InputError extends Error {
  override name = 'InputError'
}

/** The input was fine and the work failed (a board that does not answer, a run that diverged): one line, exit code 1. */
export class FailedError extends Error {
  override name = 'FailedError'
}
