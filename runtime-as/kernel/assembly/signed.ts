// The module of firmware that knows signatures: the same kernel and device, compiled with SIGNED.
export * from './index'
export { blakeAdd, blakeEnd, blakeKey, blakeResume } from './blake2s'
export { nameKey, verify } from './ed25519/verify'
