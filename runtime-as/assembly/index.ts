// The rows are exported by name because a board may bring its own (firmware-bridge/boards/wasm2c.ts).
export { dense } from './dense'
export { groupedU8, groupedU8Relu } from './grouped'
export { crc32 } from './crc'
export { forward } from './forward'
export { goldenMismatch, workBytes } from './golden'
export { tanhf } from './tanh'
export { validate } from './validate'
export { poll, receive, start } from './device/index'
