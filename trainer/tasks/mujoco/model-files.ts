/** A model in MJCF with the files that it names: what goes into the engine's virtual file system. */
import { statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import { readNamed } from '../../files/access.ts'
import { sha256 } from '../../files/sha256.ts'

export interface ModelFiles {
  /** of the file that is the model */
  path: string
  /** by absolute path with slashes, the model's own among them */
  files: ReadonlyMap<string, Uint8Array>
  /** by path as far as it was given: for cards */
  sha256: Readonly<Record<string, string>>
}

/** bytes of all files together */
const MOST_BYTES = 256 * 2 ** 20
/** bytes of the files that are XML, which are searched for names */
const MOST_XML = 16 * 2 ** 20
const MOST_FILES = 2000

/** model: MJCF as a text, which is given back, or the path of a file from `folder`. Throws InputError. */
export function readModel(model: string, folder: string): string | ModelFiles {
  if (model.trimStart().startsWith('<')) return model
  const path = isAbsolute(model) ? model : join(folder, model)
  return new Collected(path).all()
}

class Collected {
  readonly #path: string
  readonly #files = new Map<string, Uint8Array>()
  readonly #sha256: Record<string, string> = {}
  readonly #names = new Set<string>()
  /** where names are looked for: the model's folder, those of its XML files, and the asset folders below them */
  readonly #folders = new Set<string>()
  readonly #assetFolders = new Set<string>([''])
  #bytes = 0
  #xmlBytes = 0

  constructor(path: string) {
    this.#path = path
    this.#readXml(path)
    // an included file may say where the meshes of another one lie: until nothing new is found
    for (let before = -1; before < this.#files.size; ) {
      before = this.#files.size
      for (const name of [...this.#names]) this.#find(name)
    }
  }

  all(): ModelFiles {
    return { path: slashed(this.#path), files: this.#files, sha256: this.#sha256 }
  }

  /** Takes whatever file a name can mean; where none is there, the engine says which one it looked for. */
  #find(name: string): void {
    for (const folder of [...this.#folders])
      for (const assets of [...this.#assetFolders]) {
        const path = resolve(folder, assets, name)
        if (this.#files.has(slashed(path)) || !isFile(path)) continue
        if (/\.(xml|mjcf|urdf)$/i.test(name)) this.#readXml(join(folder, assets, name))
        else this.#take(join(folder, assets, name))
      }
  }

  #readXml(path: string): void {
    const bytes = this.#take(path)
    this.#xmlBytes += bytes.length
    if (this.#xmlBytes > MOST_XML) this.#refuse(`more than ${MOST_XML} bytes of XML`)
    this.#folders.add(dirname(path))
    const { files, folders } = namesIn(new TextDecoder().decode(bytes))
    for (const name of files) this.#names.add(name)
    for (const folder of folders) this.#assetFolders.add(folder)
    if (this.#names.size > MOST_FILES || this.#assetFolders.size > 20)
      this.#refuse(`more than ${MOST_FILES} names of files, or 20 folders of them`)
  }

  #take(path: string): Uint8Array {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    this.#bytes += size
    if (this.#bytes > MOST_BYTES) this.#refuse(`more than ${MOST_BYTES} bytes with its files`)
    const bytes = readNamed(path)
    this.#files.set(slashed(path), bytes)
    this.#sha256[path.replaceAll('\\', '/')] = sha256(bytes)
    return bytes
  }

  #refuse(what: string): never {
    throw new InputError(`${this.#path}: ${what}, expected fewer`)
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** As the engine names files: absolute, with slashes; a drive's letter is a folder there. */
const slashed = (path: string): string =>
  resolve(path)
    .replaceAll('\\', '/')
    .replace(/^(\w):/, '/$1')

/** What the attributes `file…` and `…dir` of an XML text say. Comments are left out. */
export function namesIn(xml: string): { files: string[]; folders: string[] } {
  const text = withoutComments(xml)
  const valuesOf = (attribute: RegExp) => [...text.matchAll(attribute)].map(([, double, single]) => double ?? single)
  return {
    files: valuesOf(/\bfile\w*\s*=\s*(?:"([^"<]{1,1024})"|'([^'<]{1,1024})')/g),
    folders: valuesOf(/\b(?:mesh|texture|asset)dir\s*=\s*(?:"([^"<]{1,1024})"|'([^'<]{1,1024})')/g),
  }
}

function withoutComments(xml: string): string {
  const parts: string[] = []
  let from = 0
  for (let at = xml.indexOf('<!--'); at >= 0; at = xml.indexOf('<!--', from)) {
    parts.push(xml.slice(from, at))
    const end = xml.indexOf('-->', at + 4)
    if (end < 0) return parts.join('')
    from = end + 3
  }
  return parts.join('') + xml.slice(from)
}
