/** What a search can move, as one list of numbers. */
import type { Network } from '../../runtime-as/format/network.ts'
import type { Normaliser } from '../distill/student.ts'

export interface Movable {
  /** parameters */
  readonly size: number
  readonly observations: number
  /** of the shape of all candidates: the weights that it has are those that they may have */
  readonly template: Network
  /** whether the normaliser goes on with what is observed; otherwise that of the start stays */
  readonly normalises: boolean
  /** shape (size) */
  start(): Float64Array
  /** How far each parameter moves for a direction of standard normal numbers; shape (size), as the direction has. */
  displacement(direction: Float64Array, normaliser: Normaliser): Float64Array
  /** The weights that the template has and the biases, of raw observations, in the order of `Survivors`. */
  placed(parameters: Float64Array, normaliser: Normaliser): Float64Array
}
