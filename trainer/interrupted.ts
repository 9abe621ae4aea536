/** Thrown by a long run after Ctrl-C, once it was saved. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}
