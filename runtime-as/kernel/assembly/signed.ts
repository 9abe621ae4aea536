// The module of firmware that knows signatures: the same kernel and device, compiled with SIGNED.
export * from './index'
export { nameKey, verify } from './ed25519/verify'
