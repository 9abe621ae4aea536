// Every offset of the envelope of a signed policy (../../format/SPEC.md), in bytes from its start. Plain constants without types, so that this one file serves the
// device in AssemblyScript and the host in TypeScript.

export const ENVELOPE_MAGIC = 0 // u32
export const ENVELOPE_MAGIC_VALUE = 0x73647062 // 'bpds'
export const ENVELOPE_KIND = 4 // u32: version 1, signature of Ed25519
export const ENVELOPE_KIND_VALUE = 1
export const ENVELOPE_FILE_BYTES = 8 // u32, of the .bpd file
export const ENVELOPE_COUNTER = 12 // u32, 1 or more
export const ENVELOPE_KEY = 16 // 8 bytes: the first of the public key's SHA-512
export const ENVELOPE_ZERO = 24 // 8 bytes
/** where the .bpd file begins; behind it comes the signature, of all before it */
export const ENVELOPE_HEADER = 32
export const SIGNATURE_BYTES = 64
