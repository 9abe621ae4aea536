/** What this copy of the page can open: `index.json`, which `bpd view` writes beside it. */

export interface Named {
  /** as people call it: a path in the package, or as it was named to `bpd view` */
  name: string
  /** where it lies, from the page */
  path: string
}

/** A student that comes with the page. */
export interface Shipped extends Named {
  /** CRC-32 of its bytes, by which reports know it */
  crc: number
}

/** One of a task's teachers, and the students that were distilled from it. */
export interface Lesson {
  /** the task's, of the first of its teachers */
  name: string
  task: string
  teacher: Named
  students: Shipped[]
}

export interface Catalogue {
  version: string
  lessons: Lesson[]
  /** firmware of the emulated Pico */
  firmware: string
  /** the physics engine */
  engine: string
  /** files that `bpd view` was given */
  given: Named[]
  /** of a folder for any static host: a service worker keeps the page for when there is no network */
  offline: boolean
}

export async function readCatalogue(): Promise<Catalogue> {
  return (await (await get('index.json')).json()) as Catalogue
}

/** The bytes of one of the page's own files. */
export async function bytesAt(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await get(path)).arrayBuffer())
}

export async function get(path: string): Promise<Response> {
  const answer = await fetch(new URL(path, document.baseURI))
  if (!answer.ok) throw new Error(`${path}: the host answered ${answer.status}`)
  return answer
}
