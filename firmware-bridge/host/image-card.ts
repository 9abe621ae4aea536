/** What a firmware image was built with: images/<board>.json, which firmware/build.ts writes beside the image. */
import { readdirSync, readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { FailedError } from '../../runtime-as/errors.ts'

export interface ImageCard {
  sha256: string
  compiler: string
  flags: string
}

export function imageCard(board: string): ImageCard {
  try {
    const { sha256, compiler, flags } = JSON.parse(
      readFileSync(new URL(`../images/${board}.json`, import.meta.url), 'utf8'),
    )
    return { sha256, compiler, flags }
  } catch {
    throw new FailedError(
      `firmware-bridge/images/${board}.json: missing or not JSON, expected what "npm run firmware" writes`,
    )
  }
}

/** Name and card of the committed image that a board with this firmware runs, undefined: another one. crc: of its image */
export function committedImage(crc: number): (ImageCard & { name: string }) | undefined {
  const images = new URL('../images/', import.meta.url)
  const name = readdirSync(images)
    .filter((file) => file.endsWith('.bin') && crc32(readFileSync(new URL(file, images))) === crc)
    .at(0)
    ?.replace(/\.bin$/, '')
  return name === undefined ? undefined : { name, ...imageCard(name) }
}
