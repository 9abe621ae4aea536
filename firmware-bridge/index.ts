/**
 * `import … from 'bpd/board'`: boards behind ports, real and emulated. Node only; TypeScript needs `@types/node` beside it.
 *
 * @module bpd/board
 */
export type { BoardOptions } from './host/board-options.ts'
export { Board } from './host/client.ts'
export { type Control, type ControlOptions, drive, type Plant } from './host/control.ts'
export type { BoardInfo, Lock, RunningPolicy } from './host/info.ts'
export type { InstallOptions } from './host/installable.ts'
export type { LoggedStep } from './host/log.ts'
export { type Comparison, compare, ensureRuns, measure, type Spread, spreadOf } from './host/measure.ts'
export type { Port } from './host/port.ts'
export { listPorts, openPort, type PortInfo } from './host/ports.ts'
export { driveRealTime, type RealTimeControl, type RealTimeOptions } from './host/realtime.ts'
export { RefusedError } from './host/refusal.ts'
export { newKey, readKey, type SigningKey, signPolicy, verifyPolicy } from './host/signing.ts'
export { SpeedError } from './host/speed.ts'
export type { HostCounters, Stats } from './host/stats.ts'
export type { UploadProgress } from './host/upload.ts'
export type { WatchOptions } from './host/watch.ts'
