/** The firmware images of this package, and what each was built with: images/<board>.json, which firmware/build.ts writes beside it. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { FailedError } from '../../runtime-as/errors.ts'

export interface ImageCard {
  sha256: string
  compiler: string
  flags: string
}

/** The folder of the package is found by its name: its code lies at another depth once it is built. */
export const imageUrl = (file: string): URL =>
  new URL(`firmware-bridge/images/${file}`, pathToFileURL(createRequire(import.meta.url).resolve('bpd/package.json')))

export function imageCard(board: string): ImageCard {
  try {
    const { sha256, compiler, flags } = JSON.parse(readFileSync(imageUrl(`${board}.json`), 'utf8'))
    return { sha256, compiler, flags }
  } catch {
    throw new FailedError(
      `firmware-bridge/images/${board}.json: missing or not JSON, expected what "npm run firmware" writes`,
    )
  }
}

/** Name and card of the committed image that a board with this firmware runs, undefined: another one. crc: of its image */
export function committedImage(crc: number): (ImageCard & { name: string }) | undefined {
  const images = imageUrl('')
  const name = readdirSync(images)
    .filter((file) => file.endsWith('.bin') && crc32(readFileSync(new URL(file, images))) === crc)
    .at(0)
    ?.replace(/\.bin$/, '')
  return name === undefined ? undefined : { name, ...imageCard(name) }
}
