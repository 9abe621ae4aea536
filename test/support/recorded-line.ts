/** A line that keeps every frame that the host sends, to be played back to the board. */
import { Duplex } from 'node:stream'
import type { Port } from '../../firmware-bridge/host/port.ts'

/** line: to connect to; frames: what was written, in order; play: gives the board a frame once more, unasked */
export function recorded(port: Port) {
  const frames: Uint8Array[] = []
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      frames.push(Uint8Array.from(chunk))
      port.duplex.write(chunk, () => done())
    },
  })
  const hear = (chunk: Uint8Array) => void duplex.push(chunk)
  port.duplex.on('data', hear)
  const line: Port = {
    name: port.name,
    duplex,
    speed: port.speed,
    async close() {
      port.duplex.off('data', hear)
      duplex.destroy()
      await port.close()
    },
  }
  const play = (frame: Uint8Array) => new Promise<void>((done) => port.duplex.write(frame, () => setImmediate(done)))
  return { line, frames, play }
}
