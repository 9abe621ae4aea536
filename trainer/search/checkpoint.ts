/** A search's own checkpoint file. */
import { type Identity, loadCheckpoint, saveCheckpoint } from '../teachers/checkpoint.ts'
import type { Movable } from './movable.ts'
import { readSearchState, type SearchState, searchFacts, searchTensors } from './state.ts'

const format = 'bpd-search-checkpoint-2'

export class SearchCheckpoint {
  readonly #path: string
  readonly #identity: Identity
  readonly #everyMilliseconds: number
  #saved = performance.now()

  /** identity: what the result depends on; a checkpoint of another search is refused */
  constructor(path: string, identity: Identity, minutes: number) {
    this.#path = path
    this.#identity = identity
    this.#everyMilliseconds = minutes * 60_000
  }

  due(): boolean {
    return performance.now() - this.#saved > this.#everyMilliseconds
  }

  async save(state: SearchState): Promise<void> {
    const about = { format, identity: this.#identity }
    await saveCheckpoint(this.#path, about, searchFacts(state), searchTensors(state))
    this.#saved = performance.now()
  }

  /** Undefined without a file. Throws InputError for one that cannot be this search's. */
  load(moved: Movable, iterations: number): SearchState | undefined {
    const saved = loadCheckpoint(this.#path, { format, identity: this.#identity })
    return saved && readSearchState(saved.state, saved.tensor, moved, iterations)
  }
}
