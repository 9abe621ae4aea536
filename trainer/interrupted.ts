/**
 * Thrown by a long run after Ctrl-C, once it was saved.
 *
 * @example
 * import { Interrupted } from 'bpd/train'
 *
 * console.log(new Interrupted('interrupted') instanceof Error) // => true
 */
export class Interrupted extends Error {
  override name = 'Interrupted'
}
