/**
 * `import … from 'bpd'`: policies, to run, to look into and to write. No file, no process, nothing of Node: it runs in browsers, Deno and Bun too.
 *
 * @module bpd
 */
export { FailedError, InputError } from './errors.ts'
export { type DecodedPolicy, decodePolicy, type LayerInfo } from './format/decode.ts'
export { encodePolicy } from './format/encode.ts'
export { type Envelope, openEnvelope } from './format/envelope.ts'
export type { Form } from './format/form.ts'
export {
  type Activation,
  type Contract,
  type Layer,
  type Network,
  type ObservationBounds,
  type Outside,
  parameterCount,
  type ValueType,
  weightCount,
} from './format/network.ts'
export type { Golden } from './format/unpack.ts'
export { loadPolicy, type Policy } from './kernel/policy.ts'
export { referenceForward } from './kernel/reference.ts'
