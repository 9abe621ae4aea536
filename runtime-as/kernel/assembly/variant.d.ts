/** 1 where the module is compiled with signatures (../build.ts), otherwise 0; what stands behind it is left out then. */
declare const SIGNED: i32
/** 1 where it is compiled with keys for sessions, otherwise 0 */
declare const KEYED: i32
/** 1 where it is compiled to look at what it runs, and at its own state, while it runs (device/scrub.ts), otherwise 0 */
declare const SCRUBBED: i32
/** 1 where it is compiled to take its line to other speeds (device/speed.ts), otherwise 0 */
declare const SPEEDS: i32
